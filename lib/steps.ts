// The steps of an upgrade that touch podman and systemd, each saved with the task before it begins.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { CommandFailed } from './errors.js'
import type { ExecOptions } from './exec.js'
import { judge } from './judge.js'
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
  /** Why this image is known to be bad for this unit; undefined where it is not. */
  readonly knownBad: (imageId: string) => string | undefined
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
  /** Its quadlet, where it has one. */
  readonly generated: GeneratedUnit | undefined
}

const POLL_MS = 1000 // podman ps costs a tenth of a second of a processor
const RETRY_DELAYS_MS = [2000, 8000]

/** Saves that `step` begins, runs it, and notes how long it took. */
export async function step<T>(run: Run, name: Step, work: () => Promise<T>): Promise<T> {
  run.signal.throwIfAborted()
  run.report = { ...run.report, step: name }
  run.save(run.report)
  const began = performance.now()
  try {
    return await work()
  } finally {
    const took = Math.round(performance.now() - began) + (run.report.steps?.[name] ?? 0)
    run.report = { ...run.report, steps: { ...run.report.steps, [name]: took } }
  }
}

const limits = ({ config, signal }: Run): ExecOptions => ({ timeoutMs: config.pullTimeoutMs, signal })

export async function look({ task, config }: Run): Promise<Place> {
  const { unit } = task
  const [state, all, generated] = await Promise.all([
    show(config.scope, unit),
    containers(),
    generatedUnits(config),
  ])
  const source = findGenerated(unit, generated)
  return {
    state,
    container: containerOf(unit, all),
    image: source?.image ?? task.image,
    restartUnit: restartUnitOf(unit, all),
    generated: source,
  }
}

/**
 * Names what runs now, so that it can be gone back to, and notes it as `old`. A unit that is not up keeps the image of
 * the last time it was; a run that is taken up after the restart has noted it, for what runs by then is the new one.
 * Gives the image kept before, which may have become useless.
 */
export async function keep(
  run: Run,
  { state, container }: Place,
  restarted: boolean,
): Promise<ImageState | undefined> {
  const reference = rollbackReference(run.task.unit)
  const previous = await localImage(reference)
  const up =
    !restarted &&
    state.ActiveState === 'active' &&
    container !== undefined &&
    container.health !== 'unhealthy'
  const old = run.report.old ?? (up ? await localImage(container.imageId) : previous)
  if (old === undefined) return undefined
  await tag(old.id, reference)
  run.report = { ...run.report, old }
  run.save(run.report)
  return previous?.id === old.id ? undefined : previous
}

/** Pulls the unit's own reference and notes what it is now. A local image is what it is; there is nothing to pull. */
export async function fetchImage(run: Run, { image, generated }: Place): Promise<ImageState> {
  if (!image.startsWith('localhost/')) await pullWithRetries(run, image, generated?.authFile)
  const found = await localImage(image)
  if (found === undefined)
    throw new CommandFailed(['podman', 'image', 'inspect', image], undefined, '', 'there is no such image')
  run.report = { ...run.report, new: found }
  return found
}

async function pullWithRetries(run: Run, image: string, authFile: string | undefined): Promise<void> {
  for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
    try {
      await pull(image, authFile, limits(run))
      return
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

/** Watches the unit until it is believed to run `imageId` well. Gives why not, or undefined. */
export async function watch(run: Run, imageId: string): Promise<string | undefined> {
  const { config, task } = run
  const first = await show(config.scope, task.unit)
  const expected = {
    imageId,
    invocationId: first.InvocationID,
    restarts: first.NRestarts,
    settleMs: config.settleMs,
    healthTimeoutMs: config.healthTimeoutMs,
  }
  const began = performance.now()
  for (;;) {
    const [unit, all] = await Promise.all([show(config.scope, task.unit), containers(task.unit)])
    const container = containerOf(task.unit, all)
    const verdict = judge({ unit, container, elapsedMs: performance.now() - began }, expected)
    if (verdict.kind === 'bad') return verdict.why
    if (verdict.kind === 'good') return undefined
    await sleep(POLL_MS, undefined, { signal: run.signal })
  }
}
