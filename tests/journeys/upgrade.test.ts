// What becomes of an upgrade: a bad image, in every way the fakes can show one, never leaves the unit worse than it was,
// and what was decided holds for the next restart too, whoever asks for it.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const BAD = '1'.repeat(64)
const GOOD = '2'.repeat(64)
const NO_QUADLET = { WEBHOOK_QUADLET_GENERATOR: '/bin/true' }
const TWO = { WEBHOOK_MANUAL_UNITS: 'web twin' }

const pinFile = (world: World, name = 'web'): string =>
  join(world.dir, `manager/${name}.service.d/~~pod-upgrade-trigger.conf`)
const restarts = (world: World): number => world.calls('systemctl restart').length

/** How often the unit was looked at between its restart and the rollback. */
function looks(world: World): number {
  const calls = world.calls()
  const watch = calls.slice(
    calls.indexOf(`systemctl restart -- ${UNIT}`),
    calls.indexOf('systemctl daemon-reload'),
  )
  return watch.filter(line => line.startsWith('podman ps')).length
}

/** web.service runs OLD, and its tag has moved to `id`. */
function moved(world: World, id: string): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, id)
}

/** Restarts the unit as a person would, and gives the image that it runs then. */
function restartByHand(world: World, unit = UNIT): string {
  execFileSync('systemctl', ['restart', '--', unit], { env: world.env })
  return world.running(unit)
}

/** With two seconds to get healthy, and a second between looks; a busy machine needs longer for each, and has fewer. */
const WAYS: readonly (readonly [way: string, file: string, text: string, why: RegExp])[] = [
  ['the unit fails', `bad-${BAD}`, 'failed\n', /^the unit is failed/],
  ['the container exits with 0', `bad-${BAD}`, 'inactive\n', /^the unit is inactive/],
  ['never active', `bad-${BAD}`, 'activating\n', /^after ([2-9]|[1-9][0-9]+) s the unit is activating/],
  [
    'systemd says that the restart failed',
    `fail-restart-${BAD}`,
    'Job failed.\n',
    /^the restart failed: Job failed/,
  ],
  ['it dies again and again', `dies-${BAD}`, '', /died and systemd restarted it/],
  ['its health check fails', `health-${BAD}`, 'unhealthy', /^the health check fails/],
  [
    'it never gets healthy',
    `health-${BAD}`,
    'starting',
    /^after ([2-9]|[1-9][0-9]+) s .* its health starting/,
  ],
]

for (const [way, file, text, why] of WAYS) {
  journey(
    `${way}: back on the image before, and it stays there`,
    async (t, world) => {
      moved(world, BAD)
      world.fake(file, text)
      const { exitCode, tasks } = await run(world, 'web')
      t.equal(exitCode, 1)
      matchAll(t, tasks, [{ outcome: 'rolled-back', report: { why, old: { id: OLD }, new: { id: BAD } } }])
      t.ok(looks(world) <= 3, `${looks(world)} looks: no more than the time to get healthy has room for`)
      t.equal(world.running(UNIT), OLD)
      t.match(
        readFileSync(pinFile(world), 'utf8'),
        new RegExp(`^ExecStart=/usr/bin/podman run --pull=never .* ${OLD}$`, 'm'),
      )
      t.strictSame(world.calls('systemctl start'), [], 'nothing was restarted along')
      t.equal(restartByHand(world), OLD, 'a restart does not bring the bad one back')
    },
    { WEBHOOK_HEALTH_TIMEOUT_SECS: '2' },
  )
}

journey(
  'podman lists the container before for a moment: a good image was rolled back for it',
  async (t, world) => {
    moved(world, GOOD)
    world.fake('replaces', '')
    matchAll(t, (await run(world)).tasks, [{ outcome: 'updated', report: { new: { id: GOOD } } }])
    world.setRegistry(IMAGE, BAD)
    world.fake(`health-${BAD}`, 'unhealthy')
    matchAll(
      t,
      (await run(world)).tasks,
      [{ outcome: 'rolled-back', report: { why: /^the health check fails/ } }],
      'nor is the bad one, seen once more, taken for the old image that does not come up',
    )
    t.equal(world.running(UNIT), GOOD)
  },
)

journey(
  'a restart by somebody else, while it is watched, was taken for the fault of the image',
  async (t, world) => {
    moved(world, GOOD)
    world.fake('hold-podman-ps', '2\n') // the first of the watch
    const done = run(world)
    await waitFor('the watch', () => world.read('held') !== '')
    restartByHand(world)
    world.fake('go', '')
    matchAll(t, (await done).tasks, [{ outcome: 'updated' }])
    t.equal(restarts(world), 2, 'ours and that one')
  },
)

journey('a unit in the middle of a restart was taken for one that a person has stopped', async (t, world) => {
  moved(world, GOOD)
  world.fake(`units/${UNIT}/running`, '')
  world.fake(`units/${UNIT}/job`, 'inactive\n')
  for (const what of ['podman-ps', 'systemctl-show']) world.fake(`hold-${what}`, '2\n')
  const done = run(world)
  await waitFor('the second look', () => world.read('held').split('\n').length > 2)
  world.fake(`units/${UNIT}/running`, OLD)
  world.remove(`units/${UNIT}/job`)
  world.fake('go', '')
  matchAll(t, (await done).tasks, [{ outcome: 'updated', report: { old: { id: OLD }, new: { id: GOOD } } }])
})

journey('what requires the unit went down with a bad image, and stayed down', async (t, world) => {
  moved(world, BAD)
  world.fake(`fail-restart-${BAD}`, 'Job failed.\n')
  const needs = { 'web.service': 'near.service off.service', 'near.service': 'far.service web.service' }
  for (const name of ['near', 'off', 'far']) world.setUnit(`${name}.service`, IMAGE, OLD)
  for (const [unit, by] of Object.entries(needs)) world.fake(`units/${unit}/required-by`, `${by}\n`)
  world.fake('units/off.service/state', 'inactive\n')
  const dependents = ['near.service', 'far.service']
  matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'rolled-back', report: { dependents } }])
  t.strictSame(
    world.calls('systemctl start'),
    ['systemctl start -- near.service far.service'],
    'those that were up, by however many steps, and none that a person had stopped',
  )
})

journey(
  'units that go down together are restarted one after the other, each watched to its end',
  async (t, world) => {
    moved(world, GOOD)
    world.setUnit('near.service', 'ghcr.io/acme/near:1', OLD) // tasks of one image take turns anyway
    world.setRegistry('ghcr.io/acme/near:1', GOOD)
    world.fake('units/web.service/required-by', 'near.service\n')
    world.fake('hold-podman-ps', '3\n') // after the look and the mates: the first of the watch
    const first = run(world, 'web')
    await waitFor('the watch', () => world.read('held') !== '')
    const second = run(world, 'near')
    await waitFor('its begin', () => world.tasks('--status', 'running').length === 2)
    world.fake('go', '')
    matchAll(
      t,
      [...(await first).tasks, ...(await second).tasks],
      [{ outcome: 'updated' }, { outcome: 'updated' }],
    )
    const calls = world.calls()
    const restarted = calls.indexOf('systemctl restart -- near.service')
    const looks = calls.slice(restarted).filter(line => / GetUnitProcesses s web\.service$/.test(line))
    t.ok(restarted > 0)
    t.strictSame(looks, [], 'not while the other was watched')
  },
  { WEBHOOK_MANUAL_UNITS: 'web near' },
)

journey(
  'a person has stopped the unit while its task waited for its turn: it was started',
  async (t, world) => {
    moved(world, GOOD)
    world.setUnit('near.service', 'ghcr.io/acme/near:1', OLD)
    world.setRegistry('ghcr.io/acme/near:1', GOOD)
    world.fake('units/near.service/required-by', 'web.service\n')
    world.fake('hold-systemctl-restart-done', '1\n')
    const first = run(world, 'web')
    await waitFor('the restart', () => world.read('held') !== '')
    const second = run(world, 'near')
    await waitFor('its pull', () => world.calls('podman pull').length === 2)
    world.fake('units/near.service/state', 'inactive\n')
    world.fake('go', '')
    matchAll(t, (await first).tasks, [{ outcome: 'updated' }])
    matchAll(t, (await second).tasks, [{ outcome: 'skipped', report: { why: /^the unit is stopped/ } }])
    t.strictSame(world.calls('systemctl restart -- near'), [])
  },
  { WEBHOOK_MANUAL_UNITS: 'web near' },
)

journey('what requires the unit does not come up again: that is told', async (t, world) => {
  moved(world, BAD)
  world.fake(`bad-${BAD}`, 'failed\n')
  world.setUnit('near.service', IMAGE, OLD)
  world.fake('units/web.service/required-by', 'near.service\n')
  world.fake('fail-start', 'Job for near.service failed.\n')
  matchAll(t, (await run(world, 'web')).tasks, [
    {
      outcome: 'rolled-back',
      report: { why: /^the unit is failed .*; a dependent unit failed to start: .*near\.service failed/ },
    },
  ])
})

journey(
  'healthy later than WEBHOOK_HEALTH_TIMEOUT_SECS, as its own check allows: a good image was rolled back',
  async (t, world) => {
    moved(world, GOOD)
    world.fake(`health-${GOOD}`, 'starting')
    world.fake('healthcheck', '{"Interval":30000000000,"Timeout":30000000000,"Retries":3}\n')
    const done = run(world)
    await waitFor('more than a second of the watch', () => world.calls('podman ps').length >= 4)
    world.fake(`health-${GOOD}`, 'healthy')
    matchAll(t, (await done).tasks, [{ outcome: 'updated' }])
  },
  { WEBHOOK_HEALTH_TIMEOUT_SECS: '1' },
)

journey(
  'a unit without a quadlet is pinned just so: its next start must not run the bad one',
  async (t, world) => {
    moved(world, BAD)
    world.fake(`bad-${BAD}`, 'failed\n')
    matchAll(t, (await run(world)).tasks, [{ outcome: 'rolled-back' }])
    t.equal(world.running(UNIT), OLD)
    t.ok(existsSync(pinFile(world)))
    t.equal(restartByHand(world), OLD)
    matchAll(t, (await run(world)).tasks, [
      { outcome: 'skipped', report: { why: /^known bad: the unit is failed/ } },
    ])
    t.equal(restartByHand(world), OLD, 'also after the bad one was pulled again')
  },
  NO_QUADLET,
)

journey('no image comes up: it is told, and not called rolled back', async (t, world) => {
  moved(world, BAD)
  world.fake('fail-restart', 'Job failed.\n')
  const { exitCode, tasks } = await run(world)
  t.equal(exitCode, 1)
  matchAll(t, tasks, [
    {
      outcome: 'failed',
      report: { why: /^the restart failed: Job failed.*the rollback failed too/ },
    },
  ])
})

journey('known to be bad: left alone, until the tag moves', async (t, world) => {
  moved(world, BAD)
  world.fake(`bad-${BAD}`, 'failed\n')
  await run(world)
  const before = restarts(world)
  const again = await run(world)
  t.equal(again.exitCode, 0, 'nothing is worse than before')
  matchAll(t, again.tasks, [{ outcome: 'skipped', report: { why: /^known bad: the unit is failed/ } }])
  t.equal(restarts(world), before, 'no restart')
  t.equal(restartByHand(world), OLD)
  world.setRegistry(IMAGE, GOOD)
  matchAll(t, (await run(world)).tasks, [
    { outcome: 'updated', report: { old: { id: OLD }, new: { id: GOOD } } },
  ])
  t.notOk(existsSync(pinFile(world)), 'it follows its tag again')
  t.equal(restartByHand(world), GOOD)
})

journey('--force tries a known bad one again, and believes it then', async (t, world) => {
  moved(world, BAD)
  world.fake(`units/${UNIT}/bad-${BAD}`, 'failed\n')
  await run(world)
  matchAll(t, (await run(world, 'web', '--force')).tasks, [{ outcome: 'rolled-back' }], 'still bad')
  t.equal(restartByHand(world), OLD)
  execFileSync('rm', [join(world.fakeDir, `units/${UNIT}/bad-${BAD}`)])
  matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'skipped' }], 'nobody looks by himself')
  matchAll(t, (await run(world, 'web', '--force')).tasks, [{ outcome: 'updated' }])
  t.equal(restartByHand(world), BAD)
  matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'unchanged' }], 'it is not called bad any more')
})

journey(
  'two units share a reference, and the image is bad for one: each is judged alone',
  async (t, world) => {
    moved(world, GOOD)
    world.setUnit('twin.service', IMAGE, OLD)
    world.fake(`units/twin.service/bad-${GOOD}`, 'failed\n')
    const outcomes = async () => (await run(world)).tasks.map(({ unit, outcome }) => [unit, outcome])
    t.strictSame(await outcomes(), [
      [UNIT, 'updated'],
      ['twin.service', 'rolled-back'],
    ])
    t.strictSame([world.running(UNIT), world.running('twin.service')], [GOOD, OLD])
    t.strictSame([restartByHand(world), restartByHand(world, 'twin.service')], [GOOD, OLD])
    t.strictSame(await outcomes(), [
      [UNIT, 'unchanged'],
      ['twin.service', 'skipped'],
    ])
    t.strictSame([restartByHand(world), restartByHand(world, 'twin.service')], [GOOD, OLD])
  },
  TWO,
)

journey('old images go, but for the one that runs and the one to go back to', async (t, world) => {
  moved(world, BAD)
  await run(world)
  t.strictSame(world.calls('podman image rm'), [], 'the first upgrade keeps what there is')
  world.setRegistry(IMAGE, GOOD)
  matchAll(t, (await run(world)).tasks, [{ outcome: 'updated' }])
  t.strictSame(world.calls('podman image rm'), [`podman image rm -- ${OLD}`])
  world.fake('local/ghcr.io%acme%web:v1', BAD)
  world.setRegistry(IMAGE, '3'.repeat(64))
  matchAll(t, (await run(world)).tasks, [{ outcome: 'updated' }])
  t.strictSame(
    world.calls('podman image rm'),
    [`podman image rm -- ${OLD}`],
    'not one that somebody has named',
  )
})
