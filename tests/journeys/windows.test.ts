// Maintenance windows: what is asked for outside of them is accepted, waits, and is done at the opening; a person's word is done at
// once. The windows are around now, for nobody can turn the clock here: what has to happen later is begun by hand, as its timer would.
import { id, image, SETTINGS as OF_API, post } from '../support/api.js'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { run, start } from '../support/program.js'
import { delivery, pushed } from '../support/request.js'
import type { Env } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const HOUR_MS = 3_600_000
const time = (hours: number): string =>
  new Date(Date.now() + hours * HOUR_MS).toLocaleTimeString('sv').slice(0, 5)
/** The opening is at least an hour and a minute away. */
const CLOSED = `${time(2)}-${time(3)}`
const OPEN = `${time(-1)}-${time(1)}`
const SETTINGS: Env = { WEBHOOK_WINDOW: CLOSED, WEBHOOK_MANUAL_UNITS: 'web db' }

/** Newer images for both, and transient units are started. */
function units(world: World): void {
  for (const [index, unit] of ['web', 'db'].entries()) {
    world.setUnit(`${unit}.service`, image(unit), id(index))
    world.setRegistry(image(unit), id(index + 5))
  }
  world.fake('run-tasks', '')
}

/** The wake-ups that systemd was asked for. */
const timers = (world: World): string[] =>
  world.calls('systemd-run').filter(line => line.includes('--on-calendar='))
const timed = (world: World, most: number) => waitFor('a timer', () => timers(world).length === most)
const setWindow = (world: World, unit: string, window: string): void =>
  world.fake(`cat-${unit}.service`, `[X-Webhook]\nX-Window=${window}\n`)

journey(
  'a delivery outside of the window is accepted, and its task is woken at the opening',
  async (t, world) => {
    units(world)
    const answer = await world.send(delivery({ body: pushed(image('web')) }))
    t.equal(answer.status, 202, 'as at any time')
    await timed(world, 1)
    const [line = ''] = timers(world)
    const [, taskId, secs, utc = ''] =
      /^systemd-run --collect --quiet --unit=pod-upgrade-trigger-window-([0-9]+)-([0-9]+) .* --on-calendar=(\S+ \S+) UTC --timer-property=AccuracySec=1s --slice=pod-upgrade-trigger\.slice --property=RuntimeMaxSec=3720 .* run-task 1$/.exec(
        line,
      ) ?? []
    t.equal(taskId, '1')
    t.equal(Date.parse(`${utc}Z`), Number(secs) * 1000, 'the name has the time of the opening')
    t.equal(new Date(Number(secs) * 1000).toLocaleTimeString('sv'), `${CLOSED.slice(0, 5)}:00`)
    t.equal(world.running('web.service'), id(0))
    matchAll(t, world.tasks(), [{ id: 1, state: 'queued', attempts: 0, caller: 'github', outcome: null }])

    const status = (await start(world, 'status').end).stdout
    t.match(status, new RegExp(`^web +ok .* waits for ${CLOSED.slice(0, 5)}$`, 'm'))
    t.notMatch(status, /^db .*waits/m)
    const { units: told } = JSON.parse((await start(world, 'status', '--json').end).stdout)
    matchAll(t, told, [
      { unit: 'web.service', state: 'ok', waits_until_ms: Number(secs) * 1000 },
      { unit: 'db.service', state: 'ok', waits_until_ms: undefined },
    ])
    matchAll(t, world.cli('units'), [
      { unit: 'web.service', window: CLOSED, opens_ms: Number(secs) * 1000 },
      { unit: 'db.service', window: CLOSED, opens_ms: Number(secs) * 1000 },
    ])

    t.match(await start(world, 'run-task', '1').end, { exitCode: 0 }, 'woken too early, it is closed still')
    t.equal(timers(world).length, 2, 'and it looks again')
    t.equal(world.running('web.service'), id(0))
    setWindow(world, 'web', OPEN)
    t.match(await start(world, 'run-task', '1').end, { exitCode: 0 })
    t.equal(world.running('web.service'), id(5), 'at the opening it is done')
    matchAll(t, world.tasks(), [{ id: 1, outcome: 'updated' }])
    t.notMatch((await start(world, 'status').end).stdout, /waits/)
  },
  SETTINGS,
)

journey(
  'a newer image while one waits joins it',
  async (t, world) => {
    units(world)
    await world.send(delivery({ body: pushed(image('web')) }))
    await timed(world, 1)
    await world.send(delivery({ body: pushed(image('web'), { n: 2 }) }))
    await timed(world, 2)
    const [first, second] = timers(world)
    t.equal(first, second, 'the same wake-up, which systemd has already')
    matchAll(t, world.tasks(), [{ id: 1, state: 'queued' }])
  },
  SETTINGS,
)

journey(
  'in its window a delivery is done at once',
  async (t, world) => {
    units(world)
    await world.send(delivery({ body: pushed(image('web')) }))
    await waitFor('the upgrade', () => world.running('web.service') === id(5))
    t.strictSame(timers(world), [])
  },
  { ...SETTINGS, WEBHOOK_WINDOW: OPEN },
)

journey(
  'a call of the API waits too, unless it forces: that takes the task that waits',
  async (t, world) => {
    units(world)
    t.equal((await post(world, '/api/v1/units/web/trigger')).status, 202)
    await timed(world, 1)
    t.equal((await post(world, '/api/v1/units/web/trigger', { force: true })).status, 202)
    await waitFor('the upgrade', () => world.running('web.service') === id(5))
    t.match(world.calls('systemd-run').at(-1), /--unit=pod-upgrade-trigger-task-1-forced\.service /)
    await waitFor('its end', () => world.tasks()[0]?.['outcome'] === 'updated')
    matchAll(t, world.tasks(), [{ id: 1, outcome: 'updated', force: true }])
    t.match(
      await start(world, 'run-task', '1').end,
      { exitCode: 0 },
      'whom the timer wakes has nothing to do',
    )
    matchAll(t, world.tasks(), [{ id: 1, attempts: 1 }])
  },
  { ...OF_API, ...SETTINGS },
)

journey(
  'all units by the API: each waits for its own window',
  async (t, world) => {
    units(world)
    setWindow(world, 'db', OPEN)
    t.equal((await post(world, '/api/v1/trigger', { all: true })).status, 202)
    await waitFor('the upgrade of db', () => world.running('db.service') === id(6))
    await timed(world, 1)
    t.equal(world.running('web.service'), id(0))
  },
  { ...OF_API, ...SETTINGS },
)

journey(
  '--all by the timer leaves what is closed to its opening; after a boot it schedules anew what waits',
  async (t, world) => {
    units(world)
    setWindow(world, 'db', OPEN)
    world.remove('run-tasks') // a boot: of the delivery there is the record, and no timer
    await world.send(delivery({ body: pushed(image('web')) }))
    const { exitCode, stdout, stderr } = await start(world, '--all', '--caller', 'timer').end
    t.equal(exitCode, 0, stderr)
    const [web, db, sum] = stdout.split('\n')
    t.match(web, new RegExp(`^web\\.service waits for its window, until \\S+ ${CLOSED.slice(0, 5)}:00$`))
    t.match(db, /^db\.service updated /)
    t.equal(sum, '1 queued, 1 updated')
    t.equal(timers(world).length, 1)
    t.match(timers(world)[0], / run-task 1$/)
    t.equal(world.running('web.service'), id(0))
    const again = await start(world, '--all', '--caller', 'timer', '--json').end
    matchAll(t, JSON.parse(again.stdout), [
      { id: 1, state: 'queued', caller: 'github' },
      { outcome: 'unchanged' },
    ])
    setWindow(world, 'web', OPEN)
    t.match(await start(world, '--all', '--caller', 'timer').end, { exitCode: 0 })
    t.equal(world.running('web.service'), id(5), 'and once it is open, it is done')
    matchAll(t, world.tasks('--unit', 'web'), [{ id: 1, outcome: 'updated' }])
  },
  SETTINGS,
)

for (const words of [[], ['web', 'db'], ['web', 'db', '--force']]) {
  journey(
    `a person asks for now: ${words.join(' ') || '--all'}`,
    async (t, world) => {
      units(world)
      await world.send(delivery({ body: pushed(image('web')) }))
      await timed(world, 1)
      const { exitCode, tasks } = await run(world, ...words)
      t.equal(exitCode, 0)
      matchAll(t, tasks, [
        { id: 1, outcome: 'updated' },
        { unit: 'db.service', outcome: 'updated' },
      ])
    },
    SETTINGS,
  )
}

journey(
  'what was begun is ended, window or not',
  async (t, world) => {
    units(world)
    world.remove('run-tasks')
    setWindow(world, 'web', OPEN)
    await world.send(delivery({ body: pushed(image('web')) }))
    world.fake('hold-systemctl-restart', '1')
    const begun = start(world, 'run-task', '1')
    await waitFor(
      'the restart',
      () => world.read('held') !== '' || world.calls('systemctl restart').length > 0,
    )
    process.kill(-begun.child.pid!, 'SIGKILL')
    await begun.end
    world.remove('hold-systemctl-restart')
    setWindow(world, 'web', CLOSED)
    t.match(await start(world, '--all', '--caller', 'timer').end, { exitCode: 0 })
    t.strictSame(timers(world), [])
    matchAll(t, world.tasks(), [{ id: 1, outcome: 'updated' }])
  },
  { WEBHOOK_MANUAL_UNITS: 'web' },
)

journey(
  'the way back does not wait, and a task that does is not in its way',
  async (t, world) => {
    units(world)
    matchAll(t, (await run(world, 'web')).tasks, [{ id: 1, outcome: 'updated' }])
    await world.send(delivery({ body: pushed(image('web')) }))
    await timed(world, 1)
    world.fake('units/web.service/running', '')
    world.fake('units/web.service/state', 'failed\n')
    await start(world, 'run-task', '--aftercare', '1').end
    t.equal(world.running('web.service'), id(0), 'that of the after-care')
    matchAll(t, world.tasks(), [{ id: 2, caller: 'after-care', outcome: 'rolled-back' }, { id: 1 }])
    world.setRegistry(image('web'), id(7))
    matchAll(t, (await run(world, 'web')).tasks, [{ id: 3, outcome: 'updated' }])
    await world.send(delivery({ body: pushed(image('web'), { n: 2 }) }))
    await timed(world, 2)
    t.match(
      await start(world, 'rollback', 'web', '--reason', 'slow').end,
      { exitCode: 0 },
      'and that by hand',
    )
    t.equal(world.running('web.service'), id(0))
    matchAll(t, world.tasks('--limit', '1'), [
      { id: 4, outcome: 'rolled-back', caller: 'cli', reason: 'slow' },
    ])
  },
  { ...SETTINGS, WEBHOOK_MANUAL_UNITS: 'web' },
)

journey(
  'a window that nobody can read is never open: skipped, with the mistake; by hand it goes',
  async (t, world) => {
    units(world)
    setWindow(world, 'web', 'at night')
    await world.send(delivery({ body: pushed(image('web')) }))
    await waitFor('its end', () => world.tasks()[0]?.['outcome'] === 'skipped')
    matchAll(t, world.tasks(), [{ report: { why: /^X-Window= of web\.service: window 1 must be like Mon/ } }])
    matchAll(t, (await run(world, '--caller=timer')).tasks, [{ outcome: 'skipped' }])
    t.equal(world.running('web.service'), id(0))
    matchAll(t, world.cli('units'), [{ window: undefined, window_problem: /^X-Window= of web/ }])
    const found: { check: string }[] = JSON.parse(
      (await start(world, 'doctor', '--offline', '--json').end).stdout,
    )
    matchAll(
      t,
      found.filter(({ check }) => check === 'web.service'),
      [{ verdict: 'problem', detail: /^X-Window= of web\.service: window 1/, mend: /\[X-Webhook\]/ }],
    )
    matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'updated' }])
  },
  { WEBHOOK_MANUAL_UNITS: 'web' },
)

journey(
  'a manager that does not tell the window opens none: the task stays queued',
  async (t, world) => {
    units(world)
    world.remove('run-tasks')
    await world.send(delivery({ body: pushed(image('web')) }))
    world.fake('fail-cat', 'Failed to connect to bus: Connection timed out\n')
    t.not((await start(world, 'run-task', '1').end).exitCode, 0)
    t.match(await start(world, '--all', '--caller', 'timer').end, {
      exitCode: 1,
      stdout: /Connection timed out/,
    })
    matchAll(t, world.tasks(), [{ id: 1, state: 'queued', attempts: 0 }])
    t.equal(world.running('web.service'), id(0))
  },
  { WEBHOOK_MANUAL_UNITS: 'web' },
)

journey(
  'a quadlet that systemd has not loaded yet has the window of its file',
  async (t, world) => {
    units(world)
    world.fake(
      'more-quadlets',
      `---new.service---\n[X-Container]\nImage=${image('new')}\n[X-Webhook]\nX-Window=${CLOSED}\n`,
    )
    matchAll(t, world.cli('units'), [{ unit: 'new.service', window: CLOSED }])
  },
  { WEBHOOK_MANUAL_UNITS: 'new' },
)
