// Pure: how a task ended, as one line and as a journal entry.
import { EXIT } from '../errors.js'
import type { ImageState, Outcome, Report } from '../store/report.js'
import type { Task } from '../store/tasks.js'

export const short = (image: ImageState | undefined): string => image?.id.slice(0, 12) ?? 'none'

/** `failed` and `rolled-back` are not: all others leave nothing worse than it was. */
export const isGood = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && outcome !== 'failed' && outcome !== 'rolled-back'

/** One line for the journal and for a terminal. */
export function summarise(task: Task, report: Report): string {
  const change =
    report.outcome === 'unchanged' ? short(report.new) : `${short(report.old)} -> ${short(report.new)}`
  return `${task.unit} ${report.outcome} (${change})${report.why === undefined ? '' : `: ${report.why}`}`
}

/** The exit status of one task, and its line. */
export function summariseTask(task: Task): { readonly status: number; readonly line: string } {
  return { status: isGood(task.outcome) ? EXIT.ok : EXIT.failed, line: summarise(task, task.report ?? {}) }
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
