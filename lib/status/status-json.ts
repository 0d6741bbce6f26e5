// Pure: the status for programs, as `status --json` prints it. The page reads it too, from a sandbox in which it has to be asked outside.
import type { Outcome } from '../config/outcomes.js'
import type { Status } from './status.js'
import type { Timer } from './timer.js'
import type { UnitStatus, Word } from './unit-status.js'

export interface ToldUnit {
  readonly unit: string
  readonly state: Word
  readonly image?: string
  readonly running_image_id?: string
  readonly since_ms?: number
  readonly waits_until_ms?: number
  readonly why?: string
  readonly last_task?: {
    readonly id: number
    readonly outcome?: Outcome | undefined
    readonly finished_ms?: number | undefined
    readonly why?: string | undefined
  }
}

export interface ToldStatus {
  /** What is wrong comes first. */
  readonly units: readonly ToldUnit[]
  readonly timer: Timer['state']
  readonly next_run_ms?: number
}

export const serializeStatus = ({ units, timer }: Status): ToldStatus => ({
  units: units.map(serialize),
  timer: timer.state,
  ...(timer.state === 'waiting' && { next_run_ms: timer.nextMs }),
})

const serialize = ({ unit, word, image, runs, sinceMs, last, waitsUntilMs, why }: UnitStatus): ToldUnit => ({
  unit,
  state: word,
  ...(image !== undefined && { image }),
  ...(runs !== undefined && { running_image_id: runs }),
  ...(sinceMs !== undefined && { since_ms: sinceMs }),
  ...(waitsUntilMs !== undefined && { waits_until_ms: waitsUntilMs }),
  ...(why !== undefined && { why }),
  ...(last !== undefined && {
    last_task: { id: last.id, outcome: last.outcome, finished_ms: last.finishedMs, why: last.report?.why },
  }),
})
