// A task whose process is killed at any point is taken up by the next --all, and comes to the end that it would have had.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import {
  BACK,
  ends,
  FORWARD,
  IMAGE,
  letGo,
  moved,
  NEW,
  NO_QUADLET,
  OLD,
  PINNING,
  type Story,
  UNIT,
  UNTAGGING,
} from '../support/points.js'
import { kill, run, startHeld } from '../support/program.js'
import { journey } from '../support/world.js'

const STORIES: readonly Story[] = [
  ['a good image', false, FORWARD, {}],
  ['a bad image', true, [...FORWARD, PINNING, ...BACK], {}],
  ['a bad image, no quadlet', true, [UNTAGGING, ...BACK], NO_QUADLET],
]

for (const [kind, bad, points, settings] of STORIES) {
  for (const [step, what, nth] of points) {
    journey(
      `${kind}, killed at ${step}: the next run ends it`,
      async (t, world) => {
        moved(world, bad)
        // Its processes end with it; what a kill leaves is a task that says it runs.
        await kill(await startHeld(world, what, nth))
        matchAll(t, world.tasks(), [{ state: 'running', attempts: 1 }])
        letGo(world)
        await ends(t, world, bad)
      },
      settings,
    )
  }
}

t.setTimeout(400_000)

journey('killed after the pin was taken away, before the restart', async (t, world) => {
  moved(world, true)
  await run(world)
  t.equal(world.running(UNIT), OLD)
  world.setRegistry(IMAGE, '2'.repeat(64))
  await kill(await startHeld(world, 'systemctl-daemon-reload', 1))
  letGo(world)
  const { tasks } = await run(world)
  matchAll(t, tasks, [{ outcome: 'updated', attempts: 2, report: { old: { id: OLD } } }])
  t.equal(world.running(UNIT), '2'.repeat(64))
  t.notOk(existsSync(join(world.dir, 'manager/web.service.d/~~pod-upgrade-trigger.conf')))
})

journey('killed before what needs it was started again: the next run starts it', async (t, world) => {
  moved(world, false)
  world.fake(`fail-restart-${NEW}`, 'Job failed.\n')
  world.setUnit('near.service', IMAGE, OLD)
  world.fake(`units/${UNIT}/required-by`, 'near.service\n')
  await kill(await startHeld(world, 'systemctl-start', 1))
  t.equal(world.read('units/near.service/state'), 'inactive\n')
  letGo(world)
  const report = { why: /^the restart failed: Job failed/, dependents: ['near.service'] }
  matchAll(t, (await run(world)).tasks, [{ outcome: 'rolled-back', attempts: 2, report }])
  t.equal(world.read('units/near.service/state'), 'active\n')
})

journey('killed when all was recorded: there is nothing to take up', async (t, world) => {
  moved(world, false)
  await kill(await startHeld(world, 'logger', 1))
  letGo(world)
  matchAll(t, world.tasks(), [{ outcome: 'updated', attempts: 1 }])
  matchAll(t, (await run(world)).tasks, [{ outcome: 'unchanged' }])
})

journey('lost three times: it is not tried for ever', async (t, world) => {
  moved(world, false)
  for (const attempt of [1, 2, 3]) {
    for (const name of ['count-podman-pull', 'held']) world.remove(name)
    await kill(await startHeld(world, 'podman-pull', 1))
    matchAll(t, world.tasks(), [{ id: 1, state: 'running', attempts: attempt }])
  }
  letGo(world)
  await run(world)
  matchAll(t, world.tasks(), [
    { id: 2, outcome: 'updated' },
    { id: 1, outcome: 'failed', report: { why: 'its process was killed, 3 times', old: { id: OLD } } },
  ])
  t.match(world.read('journal-entries'), /^OUTCOME=failed\n(.*\n)*OUTCOME=updated$/m, 'and both are told')
})

journey('a unit that was down is not called restarted because its upgrade was taken up', async (t, world) => {
  moved(world, false)
  world.fake(`units/${UNIT}/running`, '')
  world.fake(`units/${UNIT}/state`, 'failed\n')
  await kill(await startHeld(world, 'systemctl-show', 2))
  letGo(world)
  const { tasks } = await run(world)
  matchAll(t, tasks, [{ outcome: 'updated', attempts: 2, report: { new: { id: NEW } } }])
  matchAll(t, tasks, [{ report: { old: undefined } }], 'nothing ran before it')
})

journey(
  'the host restarted after the pull, so that the unit runs the new image: it is judged all the same',
  async (t, world) => {
    for (const bad of [false, true]) {
      moved(world, bad)
      for (const name of ['count-podman-pull-done', 'held', 'go']) world.remove(name)
      await kill(await startHeld(world, 'podman-pull-done', 1))
      world.fake(`units/${UNIT}/running`, NEW)
      if (bad) world.fake(`health-${NEW}`, 'unhealthy')
      letGo(world)
      const { tasks } = await run(world)
      matchAll(t, tasks, [
        { outcome: bad ? 'rolled-back' : 'updated', report: { old: { id: OLD }, new: { id: NEW } } },
      ])
      t.equal(world.running(UNIT), bad ? OLD : NEW)
    }
  },
)
