// What comes of a call of the API: a plan that is no more than that, and is what is then done; all units in turn; force; and
// the wait for the end.
import { get, id, image, type Json, post, SETTINGS, units } from '../support/api.js'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { journey } from '../support/world.js'

journey(
  'dry_run: the command lines, and nothing else',
  async (t, world) => {
    units(world)
    const { status, json } = await post(world, '/api/v1/trigger', { all: true, dry_run: true })
    t.equal(status, 200)
    const { plan } = json as { plan: { unit: string; commands: string[][] }[] }
    t.strictSame(
      plan.map(({ unit }) => unit),
      ['web.service', 'db.service', 'app@one.service', 'podman-auto-update.service'],
    )
    const lines = (plan[0]?.commands ?? []).map(command => command.join(' '))
    for (const line of [`podman pull --quiet -- ${image('web')}`, 'systemctl restart -- web.service']) {
      t.ok(lines.includes(line), line)
    }
    t.strictSame(plan[3]?.commands, [
      ['systemctl', 'start', '--no-block', '--', 'podman-auto-update.service'],
    ])
    t.strictSame(world.tasks(), [])
    t.strictSame(
      world.calls().filter(line => !/^podman ps |^systemctl show |^busctl .* GetUnitProcesses /.test(line)),
      [],
      'nothing that changes anything was called',
    )
    world.fake('run-tasks', '')
    await post(world, '/api/v1/units/web/trigger')
    await waitFor('the task', () => world.read('journal-entries') !== '')
    for (const line of lines) t.ok(world.calls().includes(line), `what was planned was done: ${line}`)
  },
  SETTINGS,
)

journey(
  'all: one process runs the units one after another, then the auto-update unit is started',
  async (t, world) => {
    units(world)
    world.setUnit('podman-auto-update.service', image('none'), id(9))
    world.fake('run-tasks', '')
    const { status, json } = await post(world, '/api/v1/trigger', {
      all: true,
      caller: 'ci',
      reason: 'release 12',
    })
    t.equal(status, 202)
    t.equal((json as { tasks: Json[] }).tasks.length, 4 - 1)
    const start = 'systemctl start --no-block -- podman-auto-update.service'
    await waitFor('the auto-update unit to be started', () => world.calls(start).length === 1)
    const [line, ...more] = world.calls('systemd-run')
    t.match(line, /--unit=pod-upgrade-trigger-all-3\.service .* run-task --all 1 2 3$/)
    t.strictSame(more, [])
    const tasks = world.tasks()
    matchAll(t, tasks, Array(3).fill({ outcome: 'updated', caller: 'ci', reason: 'release 12' }))
    const spans = tasks
      .map(({ started_ms, finished_ms }) => [Number(started_ms), Number(finished_ms)] as const)
      .reverse()
    for (const [index, [began]] of spans.entries())
      t.ok(index === 0 || began >= spans[index - 1]![1], 'in turn')
  },
  SETTINGS,
)

journey(
  'force: what is unchanged is restarted',
  async (t, world) => {
    units(world)
    world.setRegistry(image('web'), id(0))
    world.fake('run-tasks', '')
    await post(world, '/api/v1/units/web/trigger', { force: true })
    await waitFor('the task', () => world.tasks()[0]?.['state'] === 'done')
    t.strictSame(world.calls('systemctl restart'), ['systemctl restart -- web.service'])
  },
  SETTINGS,
)

journey(
  '?wait= answers as soon as the task is done, and with what it is when the time is over',
  async (t, world) => {
    units(world)
    world.fake('run-tasks', '')
    world.fake('hold-podman-pull', '1')
    await post(world, '/api/v1/units/web/trigger')
    const early = await get(world, '/api/v1/tasks/1?wait=1')
    t.match(early, { status: 200, json: { state: 'running' } })
    const late = get(world, '/api/v1/tasks/1?wait=60')
    world.fake('go', '')
    t.match(await late, {
      status: 200,
      json: { id: 1, state: 'done', outcome: 'updated', url: '/api/v1/tasks/1' },
    })
    for (const wait of ['61', '-1', 'x', ''])
      t.equal((await get(world, `/api/v1/tasks/1?wait=${wait}`)).status, 422)
    t.equal((await get(world, '/api/v1/tasks/9?wait=1')).status, 404)
  },
  SETTINGS,
)
