// One run of one task's upgrade: what it is given, and what it knows so far.
import type { Config } from '../config/config.js'
import { asFailure } from '../errors.js'
import type { ExecOptions } from '../host/exec.js'
import { logFailure } from '../log.js'
import type { GroupLock } from '../store/files/group-lock.js'
import type { LastUpdate } from '../store/history.js'
import type { ImageState, Report, Step } from '../store/report.js'
import type { Task } from '../store/tasks.js'

export interface Run {
  readonly task: Task
  readonly config: Config
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal
  /** The image ids that are known to be bad for this unit, and why each is. */
  readonly badImages: ReadonlyMap<string, string>
  /** The last upgrade of this unit that ended well, where that was not long ago. */
  readonly lastUpdate: LastUpdate | undefined
  /** The last task that has only pulled an image for it. */
  readonly lastStaged: Pick<Task, 'id' | 'report'> | undefined
  /** Images that ran well in this unit, the newest first. */
  readonly goodImages: readonly ImageState[]
  readonly progress: Progress
  readonly groupLock: GroupLock
}

export const execOptions = ({ config, signal }: Run): ExecOptions => ({
  timeoutMs: config.pullTimeoutMs,
  signal,
})

/** What the run knows so far, and how far it got. Only upgrade.ts adds to it: the steps give what they find. */
export class Progress {
  #report: Report
  #current: Step = 'look'
  readonly #save: (report: Report) => void
  readonly #signal: AbortSignal
  readonly #onStep: (step: Step) => unknown

  /** `save` keeps a report on the disk, with the running task. No step begins once `signal` is aborted. */
  constructor(
    known: Report,
    save: (report: Report) => void,
    signal: AbortSignal,
    onStep: (step: Step) => unknown = () => {},
  ) {
    this.#report = known
    this.#save = save
    this.#signal = signal
    this.#onStep = onStep
  }

  get report(): Report {
    return this.#report
  }

  /** The step that was begun last. */
  get current(): Step {
    return this.#current
  }

  note(facts: Partial<Report>): void {
    this.#report = { ...this.#report, ...facts }
  }

  /** Saves that the step begins: a run that resumes this one goes on there (resume.ts). */
  reach(step: Step, facts: Partial<Report> = {}): void {
    this.note({ ...facts, step })
    try {
      this.#save(this.#report)
    } catch (error) {
      // The unit may be down by now: what cannot be written down must not keep it so.
      const mayWait =
        (step === 'watch' || step === 'rollback') && asFailure(error)?.name === 'StoreUnavailable'
      if (!mayWait) throw error
      logFailure(error)
    }
  }

  /** Does the work of a step, and notes how long it took. */
  async time<T>(step: Step, work: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted()
    this.#current = step
    this.#onStep(step)
    const began = performance.now()
    try {
      return await work()
    } finally {
      const ms = Math.round(performance.now() - began) + (this.#report.steps?.[step] ?? 0)
      this.note({ steps: { ...this.#report.steps, [step]: ms } })
    }
  }
}
