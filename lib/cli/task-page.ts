// Pure: one task for a person: what, when, from which image to which, how long each step took, why, and what the unit said.
import { escapeControl } from '../escape.js'
import type { ImageState } from '../store/report.js'
import type { Task } from '../store/tasks.js'
import { formatTime } from './table.js'

const BAR_WIDTH = 40

export function formatTask(task: Task): string {
  const { report = {}, outcome = task.state } = task
  const rows: (readonly [name: string, value: string | undefined])[] = [
    [
      'asked',
      [formatTime(task.queuedMs), task.caller && `by ${task.caller}`, task.reason].filter(Boolean).join(', '),
    ],
    ['ended', task.finishedMs === undefined ? undefined : formatTime(task.finishedMs)],
    ['image', task.image],
    ['ran', formatImages(report.old)],
    ['pulled', formatImages(report.new)],
    ['why', report.why],
    ['attempts', task.attempts > 1 ? String(task.attempts) : undefined],
  ]
  const lines = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(8)}  ${escapeControl(value)}`],
  )
  return [
    `task ${task.id}: ${task.unit} ${outcome}`,
    ...lines,
    ...stepLines(task),
    ...journalLines(report.journal),
  ]
    .map(line => `${line}\n`)
    .join('')
}

const formatImages = (images: ImageState | undefined): string | undefined =>
  images &&
  [
    `${images.id.slice(0, 12)} ${images.digest}`.trim(),
    ...(images.others ?? []).map(([, id]) => id.slice(0, 12)),
  ].join(', ')

/** As long as the longest of them is forty characters. */
function stepLines({ report, startedMs, queuedMs }: Task): string[] {
  const steps = Object.entries(report?.steps ?? {})
  if (steps.length === 0) return []
  const waited = startedMs === undefined ? [] : [['waited', startedMs - queuedMs] as const]
  const longest = Math.max(...steps.map(([, ms]) => ms), 1)
  return [
    '  took',
    ...[...waited, ...steps].map(([name, ms]) => {
      const bar = '▇'.repeat(Math.min(BAR_WIDTH, Math.round((ms / longest) * BAR_WIDTH)))
      return `    ${name.padEnd(8)}  ${(ms / 1000).toFixed(1).padStart(6)} s  ${bar}`.trimEnd()
    }),
  ]
}

function journalLines(journal: string | undefined): string[] {
  if (journal === undefined || journal === '') return []
  return ['  the unit said', ...journal.split('\n').map(line => `    ${escapeControl(line)}`)]
}
