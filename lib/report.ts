// How a task ended, in the form that is stored, shown and sent.
import type { Outcome, Task } from './store/tasks.js'

export interface ImageState {
  readonly id: string
  /** The platform manifest's digest; empty where podman knows none. */
  readonly digest: string
}

/** The last step begun; what is needed to go on after a kill. Order: look, keep, pull, restart, watch, rollback. */
export type Step = 'look' | 'keep' | 'pull' | 'restart' | 'watch' | 'rollback'

export interface Report {
  readonly outcome?: Outcome
  /** Why, for a person; absent where the outcome says it all. */
  readonly why?: string
  readonly step?: Step
  /** What ran before, and what the reference named after the pull. */
  readonly old?: ImageState
  readonly new?: ImageState
  /** The units that were up and need this one: started again where they went down with the new image. */
  readonly dependents?: readonly string[]
  /** How long each step took, ms. */
  readonly steps?: Readonly<Partial<Record<Step, number>>>
  /** The unit's last log lines, control characters escaped. */
  readonly journal?: string
}

export const short = (image: ImageState | undefined): string => image?.id.slice(0, 12) ?? 'none'

/** `updated`, `unchanged` and `skipped` are good ends: nothing that worked before is worse. */
export const isGood = (outcome: Outcome | undefined): boolean =>
  outcome === 'updated' || outcome === 'unchanged' || outcome === 'skipped'

/** One line for the journal and for a terminal. */
export function summarise(task: Task, report: Report): string {
  const change =
    report.outcome === 'unchanged' ? short(report.new) : `${short(report.old)} -> ${short(report.new)}`
  return `${task.unit} ${report.outcome} (${change})${report.why === undefined ? '' : `: ${report.why}`}`
}

/** The MESSAGE_ID of every journal entry about an upgrade: journalctl MESSAGE_ID=… lists them all. */
export const MESSAGE_ID = '5b1f3c0f6c7e4b0f9d3e0b7a2c8d4e61'

/** The structured journal entry, one FIELD=value a line as logger(1) --journald reads it. */
export function journalEntry(task: Task, report: Report): string {
  const good = isGood(report.outcome)
  const fields = {
    MESSAGE_ID,
    PRIORITY: good ? '5' : '3',
    SYSLOG_IDENTIFIER: 'pod-upgrade-trigger',
    MESSAGE: `task ${task.id}: ${summarise(task, report)}`,
    TASK: String(task.id),
    // UNIT= and USER_UNIT= are what `journalctl -u` follows, as with systemd's own messages about a unit.
    UNIT: task.unit,
    OUTCOME: report.outcome ?? '',
    IMAGE: task.image,
    OLD_IMAGE_ID: report.old?.id ?? '',
    NEW_IMAGE_ID: report.new?.id ?? '',
  }
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value.replace(/\n/g, ' ')}\n`)
    .join('')
}
