// A task that is told to stop, as systemd does it at a shutdown, says so, exits with 0 and is queued again: the next --all
// goes on with it. Somebody who named the unit and waits for it is told that it did not end.
import { image } from '../support/api.js'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import {
  BACK,
  ends,
  FORWARD,
  letGo,
  moved,
  NO_QUADLET,
  PINNING,
  type Story,
  UNTAGGING,
} from '../support/points.js'
import { type Ended, type Started, start, startHeld } from '../support/program.js'
import { delivery, pushed } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const OLD = '0'.repeat(64)

/** Until the image is known to be bad, both go the same way. */
const STORIES: readonly Story[] = [
  ['a good image', false, FORWARD, {}],
  ['a bad image', true, [PINNING, ...BACK], {}],
  ['a bad image, no quadlet', true, [UNTAGGING], NO_QUADLET],
]

for (const [kind, bad, points, settings] of STORIES) {
  for (const [step, what, nth] of points) {
    // The longest ones are stopped with the process; the others come to their end first.
    const stops = /^(podman-pull|systemctl-restart)/.test(what)
    journey(
      `${kind}, told to stop at ${step}: queued again, which is no failure`,
      async (t, world) => {
        moved(world, bad)
        const started = await startHeld(world, what, nth)
        const { exitCode, stderr } = await terminate(world, started, stops)
        t.equal(exitCode, 0, stderr)
        t.match(stderr, /^<4>task 1 web\.service: interrupted at [a-z]+; the next --all resumes it$/m)
        t.notMatch(stderr, 'bug', 'it was asked to')
        matchAll(t, world.tasks(), [{ state: 'queued', attempts: 1 }])
        t.equal(world.read('journal-entries'), '', 'nobody is told of an end')
        await ends(t, world, bad)
      },
      settings,
    )
  }
}

async function terminate(world: World, { child, end }: Started, stops: boolean): Promise<Ended> {
  child.kill('SIGTERM')
  if (stops) await end
  letGo(world)
  return end
}

journey('a unit that was named: not done is not well', async (t, world) => {
  moved(world, false)
  world.fake('hold-podman-pull', '1')
  const { child, end } = start(world, 'trigger', 'web')
  await waitFor('the pull', () => world.read('held') !== '')
  child.kill('SIGTERM')
  const { exitCode, stderr } = await end
  t.equal(exitCode, 1, stderr)
  t.notMatch(stderr, 'bug')
  matchAll(t, world.tasks(), [{ state: 'queued' }])
})

for (const how of ['SIGKILL', 'SIGTERM'] as const) {
  journey(
    `--all waited for ever for a task whose process is gone: ${how}`,
    async (t, world) => {
      for (const name of ['web', 'db']) {
        world.setUnit(`${name}.service`, image(name), OLD)
        world.setRegistry(image(name), OLD)
        await world.send(delivery({ body: pushed(image(name)) }))
      }
      world.fake('hold-podman-pull', '1')
      const all = start(world, '--all', '--json')
      await waitFor('its first pull', () => world.read('held') === 'podman-pull\n')
      world.fake('hold-podman-ps', '1')
      const other = start(world, 'run-task', '2')
      await waitFor('the look of the other', () => world.read('held').includes('podman-ps'))
      process.kill(-other.child.pid!, how)
      await other.end
      letGo(world)
      const { exitCode, stderr } = await all.end
      t.equal(exitCode, 0, stderr)
      matchAll(t, world.tasks(), [
        { id: 2, state: 'done', outcome: 'unchanged' },
        { id: 1, state: 'done', outcome: 'unchanged' },
      ])
    },
    { WEBHOOK_MANUAL_UNITS: 'web db' },
  )
}
