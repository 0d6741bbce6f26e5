// The steps of an upgrade that touch podman and systemd. From the pull on, each is saved before it begins.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { CommandFailed } from './errors.js'
import { type ExecOptions, prepare } from './exec.js'
import { rollbackReference } from './pin.js'
import {
  type Container,
  containerOf,
  containers,
  isTransient,
  localImage,
  pull,
  restartUnitOf,
  tag,
} from './podman.js'
import { findGenerated, type GeneratedUnit, generatedUnits } from './quadlet.js'
import type { ImageState, Report, Step } from './report.js'
import { type Lock, lock } from './store/lock.js'
import { slugOf } from './store/slug.js'
import type { Task } from './store/tasks.js'
import { restart, show, startAndWait, type UnitState } from './systemd.js'

/** One run of one task. */
export interface Run {
  readonly task: Task
  readonly config: Config
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal
  /** Keeps what is known so far on the disk, with the running task. */
  readonly save: (report: Report) => void
  /** The image ids that are known to be bad for this unit, and why each is. */
  readonly badImages: ReadonlyMap<string, string>
  /** The members of a pod take turns, because each restarts all of them. */
  turn?: Lock
  /** Grows as the run goes on. */
  report: Report
}

/** What the unit is and runs, before anything is done to it. */
export interface Place {
  readonly state: UnitState
  readonly container: Container | undefined
  /** The reference it follows now: the task was queued before, and somebody may have edited the unit meanwhile. */
  readonly image: string
  /** What to restart for it. */
  readonly restartUnit: string
  /** What was kept, to go back to, when it was last upgraded. */
  readonly kept: ImageState | undefined
  /** Its quadlet, where it has one. */
  readonly generated: GeneratedUnit | undefined
}

const POLL_MS = 500
const UP = ['active', 'activating', 'reloading', 'refreshing']
const RETRY_DELAYS_MS = [2000, 8000]

/** What is begun again from the beginning, because nothing is lost by that. */
const UNSAVED: readonly Step[] = ['look', 'keep']

/** Saves that the step begins, where that has to be known, runs it, and notes how long it took. */
export async function step<T>(run: Run, name: Step, work: () => Promise<T>): Promise<T> {
  run.signal.throwIfAborted()
  run.report = { ...run.report, step: name }
  if (!UNSAVED.includes(name)) run.save(run.report)
  const began = performance.now()
  try {
    return await work()
  } finally {
    const took = Math.round(performance.now() - began) + (run.report.steps?.[name] ?? 0)
    run.report = { ...run.report, steps: { ...run.report.steps, [name]: took } }
  }
}

const limits = ({ config, signal }: Run): ExecOptions => ({ timeoutMs: config.pullTimeoutMs, signal })

/** Looks when it is this task's turn, and at a unit that nobody is about to stop or to start. */
export async function look(run: Run): Promise<Place> {
  const place = await lookInPeace(run)
  if (place.restartUnit === run.task.unit) return place
  run.turn = await takeTurn(run, place.restartUnit)
  return lookInPeace(run)
}

/** Whoever has it ends within its own time limit. */
async function takeTurn({ config, signal }: Run, pod: string): Promise<Lock> {
  const path = join(config.stateDir, 'locks', `pod-${slugOf(pod)}.lock`)
  for (;;) {
    const turn = lock(path, 0)
    if (turn !== undefined) return turn
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** In the middle of a restart neither the container is there, nor is what it says of a pod, and the unit looks stopped. */
async function lookInPeace(run: Run): Promise<Place> {
  const end = performance.now() + run.config.healthTimeoutMs
  for (;;) {
    const place = await lookOnce(run)
    const { state, container } = place
    const up = UP.includes(state.ActiveState) && container?.state === 'running'
    if (state.Job === '' || up || performance.now() > end) return place
    await sleep(POLL_MS, undefined, { signal: run.signal })
  }
}

async function lookOnce({ task, config }: Run): Promise<Place> {
  const { unit } = task
  const [state, all, generated, kept] = await Promise.all([
    show(config.scope, unit),
    containers(),
    generatedUnits(config),
    localImage(rollbackReference(unit)),
    prepare(),
  ])
  const source = findGenerated(unit, generated)
  return {
    state,
    container: containerOf(unit, all),
    image: source?.image ?? task.image,
    restartUnit: restartUnitOf(unit, all),
    kept,
    generated: source,
  }
}

/**
 * Notes what runs now as `old`. A unit that is not up has the image of the last time it was; a run that is taken up after
 * the restart has noted it, for what runs by then is the new one.
 */
export function noteOld(run: Run, { state, container, kept }: Place, restarted: boolean): void {
  const up =
    !restarted &&
    state.ActiveState === 'active' &&
    container !== undefined &&
    container.health !== 'unhealthy'
  const old = run.report.old ?? (up ? { id: container.imageId, digest: '' } : kept)
  if (old !== undefined) run.report = { ...run.report, old }
}

/** Names what was noted, so that nothing prunes it. Gives the image that had the name, which may have become useless. */
export async function keep({ report: { old }, task }: Run, { kept }: Place): Promise<ImageState | undefined> {
  if (old === undefined || old.id === kept?.id) return undefined
  await tag(old.id, rollbackReference(task.unit))
  return kept
}

/** Pulls the unit's own reference and notes what it is now. A local image is what it is; there is nothing to pull. */
export async function fetchImage(run: Run, { image, generated }: Place): Promise<ImageState> {
  const found = image.startsWith('localhost/')
    ? await localImage(image)
    : { id: await pullWithRetries(run, image, generated?.authFile), digest: '' }
  if (found === undefined)
    throw new CommandFailed(['podman', 'image', 'inspect', image], undefined, '', 'there is no such image')
  run.report = { ...run.report, new: found }
  return found
}

/** The digests are for the record alone, so they are asked for when there is nothing left to hurry for. */
export async function withDigests(report: Report): Promise<Report> {
  const describe = async (image: ImageState | undefined) =>
    image?.digest === '' ? { ...image, digest: (await localImage(image.id))?.digest ?? '' } : image
  const [old, found] = await Promise.all([describe(report.old), describe(report.new)])
  return { ...report, ...(old && { old }), ...(found && { new: found }) }
}

async function pullWithRetries(run: Run, image: string, authFile: string | undefined): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const delayMs = RETRY_DELAYS_MS[attempt]
    try {
      return await pull(image, authFile, limits(run))
    } catch (error) {
      run.signal.throwIfAborted()
      if (!(error instanceof CommandFailed) || delayMs === undefined || !isTransient(error.stderr))
        throw error
      await sleep(delayMs, undefined, { signal: run.signal })
    }
  }
}

/** Throws CommandFailed where systemd says that the restart failed. */
export async function restartUnit(run: Run, place: Place): Promise<void> {
  const { scope } = run.config
  await restart(scope, place.restartUnit, limits(run))
  // The pod's job ends before those of its members, which it has pulled in: without waiting, the member looks dead.
  if (place.restartUnit !== run.task.unit) await startAndWait(scope, run.task.unit, limits(run))
}
