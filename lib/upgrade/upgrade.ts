// One upgrade, step by step. What each step decides is judged by what runs, never by what a command said:
//
//   look      what runs, and whether there is anything to do
//   pull      the unit's reference, again where that may help
//   keep      where the image is another: a proven way back, and a name for the running image, so that nothing prunes it
//   restart   the unit, or its pod's
//   watch     until there is a verdict (judge.ts), also of what was restarted along
//   rollback  this unit gets the previous image back (rollback.ts); restart, watch
//
// From the pull on, each step is saved with the task before it begins; resume.ts says how a run that was killed is resumed.
// From the restart on, nothing but being told to stop ends a run before the unit is well or back on the previous image.

import { isUp } from '../active-state.js'
import { BUSY_MS } from '../config/time-limits.js'
import { asCommandFailed, asFailure, isFileError } from '../errors.js'
import { escapeControl, escapeLines, maskCredentials } from '../escape.js'
import { hasExited, insist, toTheEnd } from '../host/insist.js'
import type { Container } from '../host/podman.js'
import { journalTail } from '../host/systemd.js'
import { log } from '../log.js'
import { type End, type ImageState, type Report, sameImages } from '../store/report.js'
import { canonicalImage } from '../targets/image.js'
import { imageToGoBackTo, inspectUnit, type UnitSnapshot } from './inspect.js'
import { withFreshPin } from './refresh-pin.js'
import { findRestartGroup, matesOf, type RestartGroup, whatIsDown } from './restart-group.js'
import { resumeFrom, type Start } from './resume.js'
import { follow, recoverImage, rollBack, stayOn } from './rollback.js'
import type { Run } from './run.js'
import { findMoment, stage } from './stage.js'
import {
  type Attempt,
  fetchImages,
  keepPrevious,
  removeReplaced,
  restartUnit,
  restoreReference,
  withDigests,
} from './steps.js'
import { isRunning, notUpgradable, whyBad } from './upgradable.js'
import { watch } from './watch.js'

/** Runs the task to an outcome. Throws only bugs, and the signal's reason when the process is told to stop. */
export async function upgrade(run: Run): Promise<Report> {
  const { task, config, progress } = run
  const { start, known } = resumeFrom(task.report)
  progress.note(known)
  const end = await runSteps(run, start)
    .catch((error): End => ({ outcome: 'failed', why: causeOf(error, run.signal) }))
    .finally(() => run.groupLock.release())
  const { step: _, why: __, ...found } = await withDigests(progress.report)
  const report = { ...found, ...end, ...(end.why !== undefined && { why: escapeControl(end.why) }) }
  if (!config.reportJournal || end.outcome === 'updated' || end.outcome === 'unchanged') return report
  return { ...report, journal: maskCredentials(escapeLines(await journalTail(config.scope, task.unit))) }
}

/** Of a program, or of the file system where a drop-in could not be changed. Throws bugs, and the signal's reason. */
function causeOf(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted()
  return isFileError(error) ? error.message : asCommandFailed(error).message
}

async function runSteps(run: Run, start: Start): Promise<End> {
  const { task, progress } = run
  const restarted = start.at !== 'look'
  if (!restarted) await run.groupLock.acquireImage(task.unit, canonicalImage(task.image))
  const seen = await progress.time('look', () => inspectUnit(run))
  const snapshot = await withFreshPin(run, seen)
  const end = notUpgradable(snapshot)
  if (end !== undefined && start.at !== 'rollback') return end
  const moment = restarted ? 'now' : await findMoment(run, snapshot)
  if (moment !== 'now') return moment === 'next start' ? stage(run, snapshot) : moment
  const old = progress.report.old ?? imageToGoBackTo(snapshot, restarted)
  const local = progress.report.local ?? snapshot.local
  progress.note({ ...(old && { old }), ...(local && { local }) })
  if (start.at === 'rollback') {
    await run.groupLock.acquire((await findGroup(run, snapshot)).units)
    return startRollback(run, snapshot, start.why)
  }
  if (!restarted) progress.reach('pull')
  const [pulled, group] = await toTheEnd([
    progress.time('pull', () => fetchImages(run, snapshot)),
    findGroup(run, snapshot),
  ])
  progress.note({ new: pulled })
  const attempt = { snapshot, pulled, group }
  const runs = isRunning(snapshot, pulled)
  // Pulled, and then the host was restarted: the unit has the new image without a restart of ours.
  const taken = start.at === 'look' && start.again && !sameImages(old, pulled)
  if (runs && (restarted || taken)) return verify(run, attempt)
  const bad = task.force ? undefined : whyBad(run, snapshot, pulled)
  if (bad !== undefined && !runs) return stayOffBad(run, attempt, old, bad)
  if (!runs || task.force) return restartInTurn(run, attempt)
  await follow(run, snapshot)
  return { outcome: 'unchanged' }
}

/** A unit that is up stays as it is; one that is down is brought up on the image before. */
async function stayOffBad(
  run: Run,
  { snapshot, group }: Attempt,
  old: ImageState | undefined,
  why: string,
): Promise<End> {
  if (isUp(snapshot.state.ActiveState)) {
    await (snapshot.pin === undefined && old !== undefined
      ? stayOn(run, snapshot, old)
      : restoreReference(run, snapshot))
    return { outcome: 'skipped', why }
  }
  const found = old ?? (await recoverImage(run, snapshot))
  if (found !== undefined) run.progress.note({ old: found })
  await run.groupLock.acquire(group.units)
  return startRollback(run, snapshot, `the unit was down; ${why}`)
}

/**
 * The task that was waited for may have restarted this unit too, or a person has stopped it meanwhile. One that was down when it
 * was looked at may have been in the middle of another task's restart, which has ended since.
 */
async function restartInTurn(run: Run, planned: Attempt): Promise<End> {
  const { task, progress, groupLock } = run
  let attempt = planned
  if ((await groupLock.acquire(planned.group.units)) || progress.report.old === undefined) {
    const snapshot = await progress.time('look', () => inspectUnit(run))
    const moment = await findMoment(run, snapshot)
    if (moment !== 'now') return moment === 'next start' ? stage(run, snapshot) : moment
    attempt = { ...planned, snapshot, group: await findGroup(run, snapshot) }
    const old = progress.report.old ?? imageToGoBackTo(snapshot, false)
    progress.note({ ...(old && { old }) })
  }
  const { snapshot, pulled } = attempt
  await follow(run, snapshot)
  if (isRunning(snapshot, pulled) && !task.force) return verify(run, attempt)
  const untouched = await progress.time('keep', () => keepPrevious(run, attempt, progress.report.old))
  if (untouched !== undefined) return untouched
  progress.reach('restart')
  try {
    await progress.time('restart', () =>
      insist(run.signal, BUSY_MS, () => restartUnit(run, snapshot), hasExited),
    )
  } catch (error) {
    const { stderr, message } = asCommandFailed(error, run.signal)
    return startRollback(run, snapshot, `the restart failed: ${stderr || message}`)
  }
  return verify(run, attempt, snapshot.container)
}

/** With what requires the unit and is up now, or was when a run before this one looked. */
async function findGroup(run: Run, snapshot: UnitSnapshot): Promise<RestartGroup> {
  const group = await findRestartGroup(run, snapshot)
  const { dependents = [], mates = [] } = run.progress.report
  const found = await matesOf(run, group.dependents, snapshot)
  run.progress.note(named('dependents', [...dependents, ...group.dependents]))
  run.progress.note(named('mates', [...mates, ...found]))
  return group
}

const named = (name: 'dependents' | 'mates', units: readonly string[]): Partial<Report> =>
  units.length === 0 ? {} : { [name]: [...new Set(units)] }

/** The unit was restarted, from `before` where that was by this run: watch it, and go back where it is not good. */
async function verify(run: Run, { snapshot, pulled }: Attempt, before?: Container): Promise<End> {
  const { progress } = run
  progress.reach('watch')
  let trouble: string | undefined
  try {
    trouble = await progress.time('watch', async () => {
      const own = await watch(run, pulled, before)
      return own ?? (await whatIsDown(run, progress.report.dependents ?? []))
    })
  } catch (error) {
    run.signal.throwIfAborted()
    if (asFailure(error) === undefined) log('error', `bug: ${(error as Error).stack}`)
    trouble = `it could not be watched: ${(error as Error).message}`
  }
  if (trouble !== undefined) return startRollback(run, snapshot, trouble)
  await removeReplaced(run, snapshot, pulled)
  return sameImages(progress.report.old, pulled)
    ? { outcome: 'unchanged', why: 'restarted as asked' }
    : { outcome: 'updated' }
}

/** The reason is saved with the step, so that a rollback that is resumed still knows it. */
async function startRollback(run: Run, snapshot: UnitSnapshot, why: string): Promise<End> {
  const { progress } = run
  progress.reach('rollback', { why })
  const { old, new: tried } = progress.report
  if (old === undefined) return { outcome: 'failed', why: `${why}; there is no previous image to go back to` }
  if (sameImages(old, tried))
    return { outcome: 'failed', why: `${why}; the image is the one that ran before` }
  return progress.time('rollback', () => rollBack(run, snapshot, old, why))
}
