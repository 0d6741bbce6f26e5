// Pure: the status for a person, a line for each unit and one for the timer, and for programs.
import { toJson } from '../json.js'
import type { Status } from '../status/status.js'
import { serializeStatus } from '../status/status-json.js'
import type { Timer } from '../status/timer.js'
import type { UnitStatus } from '../status/unit-status.js'
import { formatAge, formatOpening, formatTable } from './table.js'

export function formatStatus(
  status: Status,
  {
    json,
    wide,
    width,
  }: { readonly json: boolean; readonly wide: boolean; readonly width: number | undefined },
  nowMs: number,
): string {
  if (json) return toJson(serializeStatus(status))
  const { units, timer } = status
  const rows = units.map(unit => row(unit, nowMs))
  const table = formatTable(
    ['UNIT', 'STATE', 'IMAGE', 'RUNS', 'SINCE', 'LAST UPGRADE'],
    rows,
    wide ? undefined : width,
  )
  return `${units.length === 0 ? 'no unit is enabled: pod-upgrade-trigger setup enables some\n' : table}${formatTimer(timer, nowMs)}`
}

function row(
  { unit, word, image, runs, sinceMs, last, waitsUntilMs, why }: UnitStatus,
  nowMs: number,
): string[] {
  const ended = last?.finishedMs
  const age = ended === undefined ? undefined : `${formatAge(nowMs - ended)} ago`
  const reason = why ?? last?.report?.why
  const waits = waitsUntilMs === undefined ? undefined : `waits for ${formatOpening(waitsUntilMs, nowMs)}`
  const ending = [last?.outcome, age].filter(Boolean).join(' ')
  return [
    unit.replace(/\.service$/, ''),
    word,
    image ?? '(unknown)',
    runs?.slice(0, 12) ?? 'none',
    sinceMs === undefined ? '-' : formatAge(nowMs - sinceMs),
    [waits, ending].filter(Boolean).join('; ') + (reason === undefined ? '' : `: ${reason}`),
  ]
}

function formatTimer(timer: Timer, nowMs: number): string {
  if (timer.state === 'waiting') return `next look by itself: in ${formatAge(timer.nextMs - nowMs)}\n`
  if (timer.state === 'looking') return 'looking by itself just now\n'
  return 'the timer is not active: systemctl enable --now pod-upgrade-trigger.timer\n'
}
