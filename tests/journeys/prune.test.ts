// Forgetting what is old: what goes, what stays, what is told, and that a request never waits long for it. A store of the
// past is made with the program's own functions, at times of long ago.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { insertEvent, linkTask } from '../../lib/store/events.js'
import { insertUpgrade } from '../../lib/store/history.js'
import { tryAcquire } from '../../lib/store/rate-limit.js'
import { withStore } from '../../lib/store/session.js'
import { claimTask, enqueueTask, finishTask } from '../../lib/store/tasks.js'
import { eventNamed } from '../store/event.js'
import { delivery, pushed } from '../support/request.js'
import { command, ended } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const HOUR_MS = 3_600_000
const IMAGE = 'ghcr.io/acme/web:latest'
const REQUEST = { image: IMAGE, force: false, caller: undefined, reason: undefined }

/** An event, its task (done, unless it is `live`), a hit and an upgrade, all of `hours` ago. */
function past(world: World, hours: number, unit: string, live = false): void {
  const ts = Date.now() - hours * HOUR_MS
  withStore(world.stateDir, store => {
    const task = enqueueTask(store, { ...REQUEST, unit }, ts)
    linkTask(store, insertEvent(store, eventNamed(`${unit}-${hours}`, { ts })), task.id)
    tryAcquire(store.rateLimits, 'api', [{ count: 100, ms: 10_000 * HOUR_MS }], ts)
    if (live) return
    claimTask(store, task.id, { bootId: 'b', name: 'n' }, ts)
    finishTask(store, task.id, 'updated', {}, ts)
    const image = `ghcr.io/acme/${unit}`
    insertUpgrade(store, image, { ts, unit, taskId: task.id, outcome: 'updated', report: {} })
  })
}

const prune = (world: World, ...args: string[]): string =>
  execFileSync('env', command(world.env, 'prune', ...args)).toString()

const run = (world: World, ...args: string[]) =>
  ended(spawn('env', command(world.env, 'prune', ...args), { stdio: ['ignore', 'ignore', 'pipe'] }))

journey('what is old is gone from every file, what lives or is newer stays', async (t, world) => {
  past(world, 2000, 'old.service')
  past(world, 1000, 'waiting.service', true)
  past(world, 1, 'new.service')
  const before = world.events('--limit', '100')

  const expected = { events: 1, tasks: 1, hits: 2, upgrades: 1, images: 1 }
  t.strictSame(JSON.parse(prune(world, '--dry-run', '--json')), { dry_run: true, ...expected })
  t.strictSame(world.events('--limit', '100'), before, 'a dry run removes nothing')
  t.equal(prune(world, '--dry-run'), 'would remove 1 events, 1 tasks, 2 hits, 1 upgrades, 1 images\n')

  t.strictSame(JSON.parse(prune(world, '--json')), { dry_run: false, ...expected })
  t.strictSame(
    world.events().map(event => event['request_id']),
    ['new.service-1', 'waiting.service-1000'],
  )
  t.strictSame(
    world.tasks().map(({ unit, state }) => [unit, state]),
    [
      ['new.service', 'done'],
      ['waiting.service', 'queued'],
    ],
  )
  t.strictSame(readdirSync(join(world.stateDir, 'images')), ['ghcr.io_2facme_2fnew.service.db'])
  t.equal(prune(world), 'removed 0 events, 0 tasks, 0 hits, 0 upgrades, 0 images\n', 'and that is all')
})

journey('--max-age-hours says what is old', async (t, world) => {
  past(world, 30, 'a.service')
  past(world, 20, 'b.service')
  t.match(JSON.parse(prune(world, '--max-age-hours', '24', '--json')), { events: 1, tasks: 1 })
  t.match(JSON.parse(prune(world, '--max-age-hours=0', '--json')), { events: 1, tasks: 1 })
  for (const wrong of ['x', '-1', '']) {
    const { stderr, exitCode } = await run(world, `--max-age-hours=${wrong}`)
    t.equal(exitCode, 64)
    t.match(stderr, /--max-age-hours must be a number, at least 0; see pod-upgrade-trigger prune --help/)
  }
})

journey('on a host where nothing has happened yet', async (t, world) => {
  t.equal(prune(world), 'removed 0 events, 0 tasks, 0 hits, 0 upgrades, 0 images\n')
  t.notOk(existsSync(join(world.stateDir, 'images')))
})

const MANY = 6000 // a million is for `make bench`, which also says how long a request waits at worst

journey(
  'requests are served while a lot is removed, and the space comes back',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    withStore(world.stateDir, ({ events }) => {
      events.exec(`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${MANY})
      insert into event_log (request_id, ts, method, path, status, action, duration_ms, meta, created_at)
        select 'r' || i, i, 'POST', '/hooks/github', 401, 'hook-github', 1, '{}', '' from n`)
    })
    const size = () => statSync(join(world.stateDir, 'events.db')).size
    const full = size()
    const removal = run(world, '--json')
    let pruning = true
    removal.then(() => {
      pruning = false
    })
    let served = 0
    for (; pruning; served++) {
      t.match(await world.send(delivery({ body: pushed(IMAGE, { served }) })), { status: 202 })
    }
    t.equal((await removal).exitCode, 0)
    t.ok(served > 1, 'there were requests meanwhile')
    t.equal(world.events('--limit', '1000').length, served, 'of which nothing was removed')
    t.ok(size() < full / 4, 'the space is given back')
  },
  { WEBHOOK_IMAGE_LIMIT_COUNT: '1000' },
)
