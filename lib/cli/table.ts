// Pure: rows for a person: columns as wide as they need to be, or as narrow as a terminal wants them, and times as the wall clock has
// them.
import { escapeControl } from '../escape.js'

const GAP = 2
/** Narrower, and nothing could be told apart. */
const LEAST = 8

/**
 * Lines of padded columns; the last column is never padded. Control characters are escaped. With a `width` no line is longer: the
 * widest columns are shortened.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width?: number,
): string {
  const all = [head, ...rows].map(row => row.map(cell => escapeControl(cell)))
  const natural = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const widths = width === undefined ? natural : fit(natural, width - GAP * (head.length - 1))
  return all
    .map(row => row.map((cell, column) => shorten(cell, widths[column] ?? 0).padEnd(widths[column] ?? 0)))
    .map(row => `${row.join(' '.repeat(GAP)).trimEnd()}\n`)
    .join('')
}

/** As wide as they are, or all the wide ones alike. */
function fit(natural: readonly number[], room: number): readonly number[] {
  const total = (most: number) => natural.reduce((sum, width) => sum + Math.min(width, most), 0)
  let most = Math.max(...natural)
  while (most > LEAST && total(most) > room) most -= 1
  const spare = Math.max(0, room - total(most))
  const grown = natural.findLastIndex(width => width > most)
  return natural.map((width, column) => Math.min(width, most) + (column === grown ? spare : 0))
}

/** Of an image the end says most, of a unit's name or a reason the beginning and the end. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text
  if (/^[^\s/]+(\/[^\s/]+)+$/.test(text)) return `…${text.slice(text.length - most + 1)}`
  if (/\s/.test(text)) return `${text.slice(0, most - 1)}…`
  const end = Math.floor((most - 1) / 2)
  return `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`
}

/** Local time, to the second: 2026-01-31 12:00:00. */
export const formatTime = (ms: number): string => new Date(ms).toLocaleString('sv')

/** One of the next days: 02:00, with its day where that is not within a day. */
export function formatOpening(ms: number, nowMs: number): string {
  const time = formatTime(ms).slice(11, 16)
  return ms - nowMs < 86_400_000 ? time : `${WEEKDAYS[new Date(ms).getDay()]} ${time}`
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** The largest unit alone: 3d, 2h, 5m, 40s. */
export function formatAge(ms: number): string {
  const [name, size] = UNITS.find(([, size]) => ms >= size) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(ms / size))}${name}`
}

/** Ascending, those in a row as one: 1, 4-36. */
export function formatIds(ids: readonly number[]): string {
  const ranges: { from: number; to: number }[] = []
  for (const id of [...ids].sort((one, other) => one - other)) {
    const last = ranges.at(-1)
    if (last !== undefined && last.to + 1 === id) last.to = id
    else ranges.push({ from: id, to: id })
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}
