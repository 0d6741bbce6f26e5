// The ways in that are not webhooks, on a real host: the timer, the timer after a power cut, and every call of the API
// with curl. What is believed is the image that runs and the rows that are kept, not the answer alone.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, TOKEN } from './site.js'

const WEB = 'localhost:5000/ways/web:latest'
const OTHER = 'localhost:5000/ways/other:latest'
const TIMER = 'pod-upgrade-trigger.timer'
const WEB_UP = '[Install]\nWantedBy=default.target\n'

const env = (settleSecs: number): string => `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS="web other"
WEBHOOK_SETTLE_SECS=${settleSecs}
WEBHOOK_AUTO_UPDATE_UNIT=harmless.service
WEBHOOK_LIMIT1_COUNT=100
WEBHOOK_LIMIT2_COUNT=100
`

/** Clears what the timer is made of, so that it fires for one reason alone. */
const when = (setting: string): string =>
  `[Timer]\nOnStartupSec=\nOnCalendar=\n${setting}\nRandomizedDelaySec=0\nAccuracySec=100ms\nPersistent=no\n`

const site = await installed('rootful', env(5))
const { host } = site
t.teardown(() => host.stop())
const configure = (settleSecs: number) => site.write('pod-upgrade-trigger/env', env(settleSecs), '600')
const push = (image: string, version: string) => host.pushImage(image, { version })
const timed = (setting: string) => site.unit(`${TIMER}.d/test.conf`, when(setting))
const ran = () => site.sh('cat /run/harmless 2>/dev/null || true')

await site.unit(
  'harmless.service',
  '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo ran >>/run/harmless"\n',
)
const first = await push(WEB, '1')
await push(OTHER, 'other 1')
await site.container('web', WEB, WEB_UP)
await site.container('other', OTHER, WEB_UP)
await site.start('web', 'other')

t.test('the timer upgrades what is newer, and never twice at once', async t => {
  const second = await push(WEB, '2')
  await timed('OnCalendar=*:*:0/1')
  await site.sh(`systemctl daemon-reload; systemctl enable --now ${TIMER}`)
  await host.waitFor('the timer to upgrade', async () => (await site.runs('web.service')) === second)
  const upgraded = async () => (await site.tasks()).find(({ outcome }) => outcome === 'updated')
  await host.waitFor('the task to be done', async () => (await upgraded()) !== undefined)
  const task = await upgraded()
  const ticks = async () => (await site.events()).filter(({ method }) => method === 'TIMER')
  const later = async () => (await ticks()).some(({ ts }) => ts > (task?.finished_ms ?? 0))
  await host.waitFor('the timer to fire again', later)
  await site.sh(`systemctl disable --now ${TIMER}; rm -r /etc/systemd/system/${TIMER}.d`)
  const idle = async () => (await site.property('pod-upgrade-trigger.service', 'ActiveState')) === 'inactive'
  await host.waitFor('its run to end', idle)

  t.match(task, { unit: 'web.service', caller: 'timer', report: { new: { id: second } } })
  const [own, ...during] = (await ticks()).filter(
    ({ ts, task_ids }) => task_ids.includes(task?.id ?? 0) || overlaps(ts, task),
  )
  matchAll(t, own, { path: '--all', task_ids: [task?.id, Number] }, 'the event says which run it was')
  t.strictSame(during, [], 'in the seconds of the watch the timer was due, and nothing else began')
  t.match(await ran(), 'ran', 'the auto-update unit was started at the end')
  t.equal(await site.property('pod-upgrade-trigger.service', 'Result'), 'success')
})

t.test('a task that a power cut took is ended by the timer after the boot', async t => {
  await configure(60)
  const third = await push(WEB, '3')
  const { status, body } = await site.call('POST', '/api/v1/units/web/trigger')
  t.equal(status, 202)
  const task = async () => (await site.tasks()).find(({ id }) => id === body.tasks[0].id)
  await host.waitFor('the watch', async () => (await task())?.report?.step === 'watch')
  t.match(await task(), { state: 'running' })
  await configure(2)
  await timed('OnStartupSec=1s')
  await site.sh(`systemctl enable ${TIMER}`)
  const before = await site.runs('web.service')
  await host.hardReset()
  await host.waitFor('the task to end', async () => (await task())?.state === 'done')

  t.not(before, first)
  t.match(await task(), {
    outcome: 'updated',
    attempts: 2,
    report: { new: { id: third } },
  })
  t.not((await task())?.report?.old?.id, third, 'it remembers what ran before the power cut')
  t.equal(await site.runs('web.service'), third, 'and the unit runs the new image')
  await site.sh(
    `systemctl disable --now ${TIMER}; rm -r /etc/systemd/system/${TIMER}.d; systemctl daemon-reload`,
  )
  const idle = async () => (await site.property('pod-upgrade-trigger.service', 'ActiveState')) === 'inactive'
  await host.waitFor('the run to end', idle)
})

t.test('each call of the API answers, and does what it answers', async t => {
  await configure(1)
  const ended = async (id: number) => (await site.call('GET', `/api/v1/tasks/${id}?wait=30`)).body
  const health = await site.call('GET', '/health', undefined, '')
  t.match(health, { status: 200, body: { status: 'ok', version: /^\d/ } }, 'health needs no token')

  await t.test('/auto-update', async t => {
    await site.sh('rm -f /run/harmless')
    t.match(await site.call('POST', '/auto-update', undefined, 'wrong'), { status: 401 })
    t.equal(await ran(), '', 'a wrong token starts nothing')
    const answer = await site.call('POST', '/auto-update')
    t.match(answer, { status: 202, body: { status: 'accepted', unit: 'harmless.service' } })
    await host.waitFor('the unit to have run', async () => (await ran()) === 'ran')
  })

  await t.test('a dry run executes nothing', async t => {
    await push(WEB, '4')
    const before = await site.tasks()
    const runs = await site.runs('web.service')
    const { status, body } = await site.call('POST', '/api/v1/trigger', { all: true, dry_run: true })
    t.equal(status, 200)
    const plan = [
      { unit: 'web.service', image: WEB },
      { unit: 'other.service' },
      { unit: 'harmless.service' },
    ]
    matchAll(t, body, { dry_run: true, plan })
    t.strictSame(body.plan[0].commands[0].slice(0, 2), ['systemctl', 'show'], 'with the command lines')
    t.strictSame(await site.tasks(), before, 'no task is made')
    t.equal(await site.runs('web.service'), runs)
  })

  await t.test('units, an image, or all', async t => {
    const web = await push(WEB, '5')
    const units = await site.call('POST', '/api/v1/trigger', {
      units: ['web'],
      reason: 'a test',
      caller: 'lab',
    })
    matchAll(t, units, { status: 202, body: { status: 'accepted', tasks: [{ unit: 'web.service' }] } })
    t.match(await ended(units.body.tasks[0].id), { outcome: 'updated', caller: 'lab', reason: 'a test' })
    t.equal(await site.runs('web.service'), web)

    const other = await push(OTHER, 'other 2')
    const image = await site.call('POST', '/api/v1/trigger', { image: OTHER })
    matchAll(t, image, { status: 202, body: { tasks: [{ unit: 'other.service' }] } })
    t.match(await ended(image.body.tasks[0].id), { outcome: 'updated' })
    t.equal(await site.runs('other.service'), other)

    await site.sh('rm -f /run/harmless')
    const all = await site.call('POST', '/api/v1/trigger', { all: true })
    matchAll(t, all, { status: 202, body: { tasks: [{ unit: 'web.service' }, { unit: 'other.service' }] } })
    for (const { id } of all.body.tasks) t.match(await ended(id), { state: 'done', outcome: 'unchanged' })
    await host.waitFor('the auto-update unit to have run', async () => (await ran()) === 'ran')
  })

  await t.test('one unit, which stays stopped unless forced', async t => {
    await site.sh('systemctl stop web')
    const web = await push(WEB, '6')
    const skipped = await site.call('POST', '/api/v1/units/web/trigger')
    t.match(await ended(skipped.body.tasks[0].id), { outcome: 'skipped', report: { why: /stopped/ } })
    t.equal(await site.property('web', 'ActiveState'), 'inactive')
    const forced = await site.call('POST', '/api/v1/units/web/trigger', { force: true })
    t.match(await ended(forced.body.tasks[0].id), { outcome: 'updated' })
    t.equal(await site.runs('web.service'), web)
    const unknown = await site.call('POST', '/api/v1/units/sshd/trigger')
    matchAll(t, unknown, { status: 422, body: { errors: [{ message: /not enabled/ }] } })
  })

  await t.test('the lists', async t => {
    const units = (await site.call('GET', '/api/v1/units')).body
    matchAll(t, units.units, [
      { unit: 'web.service', enabled_by: 'list', image: WEB },
      { unit: 'other.service' },
    ])
    const tasks = await site.call('GET', '/api/v1/tasks?unit=web&limit=2')
    matchAll(t, tasks, { status: 200, body: { tasks: [{ outcome: 'updated' }, { outcome: 'skipped' }] } })
    t.equal(tasks.body.tasks.length, 2)
    const events = await site.call('GET', '/api/v1/events?limit=1&action=trigger')
    matchAll(t, events, { status: 200, body: { events: [{ method: 'POST', status: 422 }] } })
    for (const path of ['units', 'tasks', 'tasks/1', 'events'])
      t.match(await site.call('GET', `/api/v1/${path}`, undefined, ''), { status: 401 }, `${path}, no token`)
  })
})

interface Span {
  readonly started_ms: number
  readonly finished_ms: number
}

const overlaps = (ts: number, task: Span | undefined): boolean =>
  task !== undefined && ts >= task.started_ms && ts <= task.finished_ms
