// Where a task can be stopped, and what must come of it all the same. The points are the calls of the fakes: before each
// effect, and after those that cannot be taken back.
import type { Test } from 'tap'
import { matchAll } from './match-all.js'
import { run } from './program.js'
import type { World } from './world.js'

export const UNIT = 'web.service'
export const IMAGE = 'ghcr.io/acme/web:latest'
export const OLD = '0'.repeat(64)
export const NEW = '1'.repeat(64)
export const NO_QUADLET = { WEBHOOK_QUADLET_GENERATOR: '/bin/true' }

/** Where it is stopped: the n-th call of something. */
export type Point = readonly [step: string, what: string, nth: number]

export const FORWARD: readonly Point[] = [
  ['look', 'systemctl-show', 1],
  ['keep', 'podman-tag', 1],
  ['who needs it', 'systemctl-show-dependents', 1],
  ['pull', 'podman-pull', 1],
  ['pull, done', 'podman-pull-done', 1],
  ['between pull and restart', 'systemctl-reset-failed', 1],
  ['restart', 'systemctl-restart', 1],
  ['restart, done', 'systemctl-restart-done', 1],
  ['watch, its first look', 'systemctl-show', 2],
  ['watch, a later look', 'systemctl-show', 3],
]
export const BACK: readonly Point[] = [
  ['rollback, the old image restarting', 'systemctl-restart', 2],
  ['rollback, the old image restarted', 'systemctl-restart-done', 2],
  ['rollback, watching', 'systemctl-show', 4],
]
export const PINNING: Point = ['rollback, the pin written', 'systemctl-daemon-reload', 1]
export const UNTAGGING: Point = ['rollback, before the tag is put back', 'podman-tag', 2]

/** web.service on OLD, its tag on NEW. */
export function moved(world: World, bad: boolean): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
  if (bad) world.fake(`bad-${NEW}`, 'failed\n')
}

export const letGo = (world: World): void => world.fake('go', '')

/** Whether the image is bad, where it is stopped, and what is not as usual on the host. */
export type Story = readonly [
  kind: string,
  bad: boolean,
  points: readonly Point[],
  settings: Record<string, string>,
]

/** The next --all brings the one task there is to the right end. */
export async function ends(t: Test, world: World, bad: boolean): Promise<void> {
  const { exitCode, stderr } = await run(world)
  t.equal(exitCode, bad ? 1 : 0, stderr)
  const outcome = bad ? 'rolled-back' : 'updated'
  const why = bad ? /^the unit is failed/ : undefined
  matchAll(t, world.tasks(), [
    {
      state: 'done',
      outcome,
      attempts: 2,
      report: { old: { id: OLD }, new: { id: NEW }, ...(why && { why }) },
    },
  ])
  t.equal(world.tasks().length, 1, 'and no other')
  t.equal(world.running(UNIT), bad ? OLD : NEW)
  t.match(world.read('journal-entries'), new RegExp(`^OUTCOME=${outcome}$`, 'm'))
  const again = await run(world)
  t.strictSame(
    again.tasks.map(task => task.outcome),
    [bad ? 'skipped' : 'unchanged'],
    'it is known from then on',
  )
  t.equal(world.running(UNIT), bad ? OLD : NEW)
}
