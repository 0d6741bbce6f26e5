// The steps of an upgrade that touch podman and systemd. From the pull on, each is saved before it begins.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { CommandFailed } from './errors.js'
import type { ExecOptions } from './exec.js'
import type { Place } from './look.js'
import { rollbackReference } from './pin.js'
import { isTransient, localImage, pull, tag } from './podman.js'
import type { ImageState, Report, Step } from './report.js'
import type { Lock } from './store/lock.js'
import type { Task } from './store/tasks.js'
import { restart, startAndWait } from './systemd.js'

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
  /** Every unit that a restart of this one touches (dependents.ts). */
  touched: readonly string[]
  /** Held for them, once it is this task's turn. */
  turns: readonly Lock[]
  /** Grows as the run goes on. */
  report: Report
}

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

export const limits = ({ config, signal }: Run): ExecOptions => ({ timeoutMs: config.pullTimeoutMs, signal })

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
  if (place.restartUnit !== run.task.unit) await startAndWait(scope, [run.task.unit], limits(run))
}
