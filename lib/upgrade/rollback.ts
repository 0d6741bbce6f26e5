// Back to an image that ran well. The unit is pinned to it by id, so that its next starts run it too, whatever its reference
// names and however it pulls; and the reference names locally what it named before, for whoever shares it. After a restart
// nothing may stop this: what fails is tried again, and what cannot be written down is left to the end.

import { BUSY_MS } from '../config/time-limits.js'
import { asCommandFailed, type CommandFailed } from '../errors.js'
import { insist } from '../host/insist.js'
import { containers } from '../host/podman.js'
import { localImage } from '../host/podman-images.js'
import { log } from '../log.js'
import { type End, type ImageState, keyOf, sameImages } from '../store/report.js'
import { parseImage } from '../targets/image.js'
import type { Pin } from '../targets/pin.js'
import { mainContainerOf } from '../targets/unit-containers.js'
import { tagImages } from '../targets/unit-images.js'
import { destinationOf, placeOf, type UnitSnapshot } from './inspect.js'
import { startDependents, whatIsDown } from './restart-group.js'
import type { Run } from './run.js'
import { pullSource, pullWithRetries, restartUnit, restoreReference } from './steps.js'
import { watch } from './watch.js'
import { pinnedReference, rollbackReference } from './way-back/kept-images.js'
import { pin, prove, unpin } from './way-back/way-back.js'

/** Puts `old` back, restarts and watches. `why` is what was wrong with the new image. */
export async function rollBack(run: Run, snapshot: UnitSnapshot, old: ImageState, why: string): Promise<End> {
  const { task, config, signal } = run
  await stayOn(run, snapshot, old)
  try {
    const before = await insist(signal, BUSY_MS, async () =>
      mainContainerOf(config.scope, task.unit, await containers()),
    )
    await insist(signal, BUSY_MS, () => restartUnit(run, snapshot), isJobResult)
    const trouble = await watch(run, old, before)
    if (trouble !== undefined)
      return { outcome: 'failed', why: `${why}; the rollback failed too: ${trouble}` }
    const dependents = run.progress.report.dependents ?? []
    const more = (await startDependents(run, dependents)) ?? (await whatIsDown(run, dependents))
    // What ran before the last good upgrade is what a person can still go back to.
    const { previous } = snapshot
    if (previous !== undefined && !sameImages(previous, old))
      await tagImages(previous, other => rollbackReference(task.unit, other))
    return { outcome: 'rolled-back', why: more === undefined ? why : `${why}; ${more}` }
  } catch (error) {
    const { stderr, message } = asCommandFailed(error, run.signal)
    return { outcome: 'failed', why: `${why}; the rollback failed too: ${stderr || message}` }
  }
}

/** systemd did what it was asked, and the unit did not come up. */
const isJobResult = ({ stderr }: CommandFailed): boolean => /\bJob\b/.test(stderr)

/** Makes the unit's next starts run `old`, and its reference name what it named before. What cannot be done is told. */
export async function stayOn(run: Run, snapshot: UnitSnapshot, old: ImageState): Promise<void> {
  const { task, progress } = run
  const place = placeOf(run, snapshot)
  const { hold, new: tried } = progress.report
  const reason = hold !== undefined ? { hold } : tried !== undefined ? { badId: keyOf(tried) } : {}
  const { pin: found } = snapshot
  const isPinned = typeof found === 'object' && keepsImages(found, old)
  const steps = [
    () => tagImages(old, other => pinnedReference(task.unit, other)),
    () => restoreReference(run, snapshot),
    async () => {
      if (isPinned) return // by a run before this one
      await unpin(place)
      const trouble = await prove(place, destinationOf(snapshot, old, reason))
      if (trouble !== undefined) throw new Error(trouble)
    },
    () => pin(place),
  ]
  for (const step of steps) {
    try {
      await insist(run.signal, BUSY_MS, step)
    } catch (error) {
      run.signal.throwIfAborted()
      log('warning', `${task.unit}: ${(error as Error).message}; going back all the same`)
    }
  }
}

const keepsImages = ({ keptId, others = [] }: Pin, old: ImageState): boolean =>
  keptId === old.id && (old.others ?? []).every(([name, id]) => new Map(others).get(name) === id)

/** Makes the unit follow its reference again. */
export const follow = (run: Run, snapshot: UnitSnapshot): Promise<void> =>
  unpin(placeOf(run, snapshot), run.task.report !== undefined)

/** Of a unit that is down and has no image left to go back to: one that ran well, from this host or by its digest from the registry. */
export async function recoverImage(run: Run, snapshot: UnitSnapshot): Promise<ImageState | undefined> {
  const { image } = snapshot
  const repository = parseImage(image)
  for (const good of run.goodImages) {
    if ((await localImage(good.id)) !== undefined) return good
    if (repository === undefined || !good.digest.startsWith('sha256:')) continue
    const reference = `${repository.host}/${repository.repository}@${good.digest}`
    try {
      const source = await pullSource(run, snapshot)
      return { id: await pullWithRetries(run, source, reference), digest: good.digest }
    } catch (error) {
      log('warning', `${reference}: ${asCommandFailed(error, run.signal).message}`)
    }
  }
  return undefined
}
