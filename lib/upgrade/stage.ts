// A unit that is not restarted for an upgrade: one that ends, or that something else starts. Its image is pulled, its next start
// runs it, and the look after that tells what came of it.

import { isUp } from '../active-state.js'
import { remove } from '../host/podman-images.js'
import { wasStopped } from '../host/systemd.js'
import { type End, sameImages } from '../store/report.js'
import { tagImages } from '../targets/unit-images.js'
import type { UnitSnapshot } from './inspect.js'
import { follow } from './rollback.js'
import type { Run } from './run.js'
import { fetchImages } from './steps.js'
import { type Moment, momentOf, whyBad } from './upgradable.js'
import { rollbackReference } from './way-back/kept-images.js'

/** The journal is asked only where it decides. */
export async function findMoment({ task, config }: Run, snapshot: UnitSnapshot): Promise<Moment> {
  const asked = isUp(snapshot.state.ActiveState) || task.force
  return momentOf(snapshot, asked ? undefined : await wasStopped(config.scope, task.unit), task.force)
}

export async function stage(run: Run, snapshot: UnitSnapshot): Promise<End> {
  const { task, progress } = run
  const { local, previous, state } = snapshot
  progress.reach('pull')
  const pulled = await progress.time('pull', () => fetchImages(run, snapshot))
  progress.note({ ...(local && { old: local }), new: pulled })
  const told = lastRun(run, snapshot)
  if (sameImages(local, pulled)) return { outcome: 'unchanged', ...(told && { why: told }) }
  const bad = whyBad(run, snapshot, pulled)
  if (bad !== undefined) return { outcome: 'skipped', why: bad }
  await follow(run, snapshot)
  progress.note({ invocation: state.InvocationID })
  if (local !== undefined) await tagImages(local, other => rollbackReference(task.unit, other))
  if (previous !== undefined && ![local?.id, pulled.id].includes(previous.id)) await remove(previous.id)
  return { outcome: 'staged', why: `its next start runs it${told === undefined ? '' : `; ${told}`}` }
}

/** What came of the first run of the image that was staged last. */
function lastRun({ lastStaged }: Run, { state }: UnitSnapshot): string | undefined {
  const before = lastStaged?.report?.invocation
  if (lastStaged === undefined || state.InvocationID === '' || state.InvocationID === before) return undefined
  const image = `the image of task ${lastStaged.id}`
  if (state.ActiveState === 'activating') return `it runs ${image} now`
  return state.Result === 'success'
    ? `its last run, of ${image}, ended well`
    : `its last run, of ${image}, failed (${state.Result})`
}
