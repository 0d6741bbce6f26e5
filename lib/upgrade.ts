// One upgrade, step by step; what each step decides is judged by what runs, never by what a command said:
//
//   look      what runs, and whether there is anything to do
//   keep      the running image gets a name of its own, so that nothing prunes it; meanwhile:
//   pull      the unit's reference, again where that may help
//   restart   the unit, or its pod's
//   watch     until it is believed (judge.ts)
//   rollback  this unit gets the kept image back (rollback.ts); restart, watch
//
// From the pull on, each step is saved with the task before it begins, so that a run that was killed is taken up where it
// stopped: what was restarted is watched to the end, and what was being rolled back is rolled back.
import { findDependents, takeTurns } from './dependents.js'
import { CommandFailed } from './errors.js'
import { parseImage } from './image.js'
import { escapeControl } from './log.js'
import { look, noteOld, type Place } from './look.js'
import { type Container, remove } from './podman.js'
import type { ImageState, Report, Step } from './report.js'
import { rollBack, stayOn, unpin } from './rollback.js'
import { fetchImage, keep, type Run, restartUnit, step, withDigests } from './steps.js'
import { journalTail } from './systemd.js'
import { watch } from './watch.js'

type End = Required<Pick<Report, 'outcome'>> & Pick<Report, 'why'>

/** Runs the task to an outcome. Throws only bugs, and the signal's reason when the process is told to stop. */
export async function upgrade(run: Run): Promise<Report> {
  const earlier = run.report.step
  const { old, new: tried, why, dependents } = run.report
  // A rollback that is taken up goes on with what it knew; anything else finds out anew, but for what to go back to.
  run.report = {
    ...(old ? { old } : {}),
    ...(dependents ? { dependents } : {}),
    ...(earlier === 'rollback' && tried ? { new: tried } : {}),
    ...(earlier === 'rollback' && why !== undefined ? { why } : {}),
  }
  let end: End
  try {
    end = await steps(run, earlier)
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof CommandFailed)) throw error
    end = { outcome: 'failed', why: error.message }
  } finally {
    for (const turn of run.turns) turn.release()
  }
  const { step: _, why: __, ...known } = await withDigests(run.report)
  const told = end.why === undefined ? end : { ...end, why: escapeControl(end.why) }
  if (end.outcome === 'updated' || end.outcome === 'unchanged') return { ...known, ...told }
  return {
    ...known,
    ...told,
    journal: escapeControl(await journalTail(run.config.scope, run.task.unit)),
  }
}

async function steps(run: Run, earlier: Step | undefined): Promise<End> {
  const { task } = run
  const place = await step(run, earlier === undefined ? 'look' : earlier, () => look(run))
  const unfinished = earlier === 'restart' || earlier === 'watch' || earlier === 'rollback'
  const refusal = refuse(place) ?? (task.force || unfinished ? undefined : refuseStopped(place))
  if (refusal !== undefined) return refusal
  noteOld(run, place, unfinished)
  if (earlier === 'rollback') {
    await step(run, earlier, () => keep(run, place))
    await findDependents(run, place)
    await takeTurns(run)
    return goBack(run, place, run.report.why ?? 'the rollback was interrupted')
  }
  const [previous, pulled] = await toTheEnd([
    step(run, unfinished ? earlier : 'keep', () => keep(run, place)),
    step(run, unfinished ? earlier : 'pull', () => fetchImage(run, place)),
    findDependents(run, place),
  ])
  const runs = isRunning(place, pulled)
  // Pulled, and then the host was restarted: the unit has the new image without a restart of ours.
  const taken = earlier !== undefined && run.report.old?.id !== pulled.id
  if (runs && (unfinished || taken)) return believe(run, place, pulled, previous)
  const known = task.force ? undefined : run.badImages.get(pulled.id)
  if (known !== undefined && !runs) {
    await stayOn(run, place)
    return { outcome: 'skipped', why: `known bad: ${known}` }
  }
  if (!runs || task.force) return restartInTurn(run, place, pulled, previous)
  await unpin(run, place)
  return { outcome: 'unchanged' }
}

/** Whoever was waited for may have restarted this unit too, or somebody has stopped it meanwhile. */
async function restartInTurn(
  run: Run,
  seen: Place,
  pulled: ImageState,
  previous: ImageState | undefined,
): Promise<End> {
  const { force } = run.task
  let place = seen
  if (await takeTurns(run)) {
    place = await step(run, 'look', () => look(run))
    const refusal = force ? undefined : refuseStopped(place)
    if (refusal !== undefined) return refusal
    await findDependents(run, place)
  }
  await unpin(run, place)
  if (isRunning(place, pulled) && !force) return believe(run, place, pulled, previous)
  try {
    await step(run, 'restart', () => restartUnit(run, place))
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof CommandFailed)) throw error
    return goBack(run, place, `the restart failed: ${error.stderr || error.message}`)
  }
  return believe(run, place, pulled, previous, place.container)
}

const isRunning = ({ state, container }: Place, { id }: ImageState): boolean =>
  state.ActiveState === 'active' && container?.imageId === id

/** Each to its end, also where another fails: what was begun for a task must not go on after it. */
async function toTheEnd<T extends readonly unknown[] | []>(
  all: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(all)
  return Promise.all(all)
}

/** What cannot be upgraded at all, with the reason. */
function refuse({ image, state, generated }: Place): End | undefined {
  if (state.LoadState === 'masked') return { outcome: 'skipped', why: 'the unit is masked' }
  if (state.LoadState !== 'loaded')
    return { outcome: 'failed', why: `systemd knows no such unit (${state.LoadState})` }
  const reference = parseImage(image)
  if (reference === undefined) return { outcome: 'failed', why: `${image} is not an image reference` }
  if (reference.digest !== undefined) {
    return { outcome: 'skipped', why: 'the image is pinned by its digest: change Image= to upgrade' }
  }
  if (generated?.hasCreds) {
    const why =
      'Creds= would show the password to everybody on a command line: use AuthFile=, or podman login'
    return { outcome: 'failed', why }
  }
  return undefined
}

function refuseStopped({ state }: Place): End | undefined {
  if (state.ActiveState !== 'inactive') return undefined
  return { outcome: 'skipped', why: 'the unit is stopped, and stays so: force starts it' }
}

/** The unit was restarted, from `before` where that was by this run: watch it, and go back where it is not good. */
async function believe(
  run: Run,
  place: Place,
  pulled: ImageState,
  previous: ImageState | undefined,
  before?: Container,
): Promise<End> {
  const trouble = await step(run, 'watch', () => watch(run, pulled.id, before))
  if (trouble !== undefined) return goBack(run, place, trouble)
  // The image before the last is of no use any more, unless a container or a name says otherwise.
  if (previous !== undefined && previous.id !== pulled.id) await remove(previous.id)
  return run.report.old?.id === pulled.id
    ? { outcome: 'unchanged', why: 'restarted as asked' }
    : { outcome: 'updated' }
}

/** The reason is saved with the step, so that a rollback that is taken up still knows it. */
function goBack(run: Run, place: Place, why: string): Promise<End> {
  run.report = { ...run.report, why }
  return step(run, 'rollback', () => rollBack(run, place, why))
}
