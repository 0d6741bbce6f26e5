// Back to the image that ran before. Where two units share a reference and the new image is bad for one of them alone,
// the reference cannot be right for both; so it keeps naming the newest, and the unit that was rolled back is pinned
// to the kept image by a drop-in of its own (pin.ts): the next restart of each runs what it runs now. Only a unit that
// cannot be pinned (no quadlet, or an instance of a template) has the reference itself put back.
import type { Config } from './config.js'
import { startDependents } from './dependents.js'
import { CommandFailed } from './errors.js'
import type { Place } from './look.js'
import { formatPin, pinPath, removePin, rollbackReference, writePin } from './pin.js'
import { containerOf, containers, tag } from './podman.js'
import type { Report } from './report.js'
import { type Run, restartUnit } from './steps.js'
import { reload } from './systemd.js'
import { watch } from './watch.js'

type End = Required<Pick<Report, 'outcome'>> & Pick<Report, 'why'>

const pinOf = (config: Config, unit: string, { generated }: Place): string | undefined =>
  generated === undefined ? undefined : pinPath(config, unit, generated.source)

/** Puts the kept image back, restarts and watches. `why` is what was wrong with the new one. */
export async function rollBack(run: Run, place: Place, why: string): Promise<End> {
  const { old } = run.report
  const { unit } = run.task
  if (old === undefined) return { outcome: 'failed', why: `${why}; there is no earlier image to go back to` }
  if (old.id === run.report.new?.id)
    return { outcome: 'failed', why: `${why}; the image is the one that ran before` }
  try {
    await stayOn(run, place)
    const before = containerOf(unit, await containers(unit))
    await restartUnit(run, place)
    const trouble = await watch(run, old.id, before)
    if (trouble !== undefined)
      return { outcome: 'failed', why: `${why}; nor did the old image come up: ${trouble}` }
    const more = await startDependents(run)
    return { outcome: 'rolled-back', why: more === undefined ? why : `${why}; ${more}` }
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof CommandFailed)) throw error
    return { outcome: 'failed', why: `${why}; nor could the old image be put back: ${error.message}` }
  }
}

/** Makes the unit's next restart run the kept image, whatever its reference names. */
export async function stayOn({ task, config, report }: Run, place: Place): Promise<void> {
  if (report.old === undefined) return // a pin to an image that is not there would leave the unit with none
  const path = pinOf(config, task.unit, place)
  if (path === undefined) return tag(report.old.id, place.image)
  writePin(path, formatPin(place.image, rollbackReference(task.unit)))
  await reload(config.scope)
}

/** Makes the unit follow its reference again. A run that was interrupted may have removed the pin and not reloaded. */
export async function unpin({ task, config }: Run, place: Place): Promise<void> {
  const path = pinOf(config, task.unit, place)
  if (path === undefined) return
  const pinned = removePin(path)
  try {
    if (pinned || task.report !== undefined) await reload(config.scope)
  } catch (error) {
    if (pinned) writePin(path, formatPin(place.image, rollbackReference(task.unit))) // it is what systemd still knows
    throw error
  }
}
