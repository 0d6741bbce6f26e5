// Pure: rows for a person: columns as wide as they need to be, times as the wall clock has them.
import { escapeControl } from '../escape.js'

/** Lines of padded columns; the last column is never padded. Control characters are escaped. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map(row => row.map(cell => escapeControl(cell)))
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  return all
    .map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map(line => `${line.trimEnd()}\n`)
    .join('')
}

/** Local time, to the second: 2026-01-31 12:00:00. */
export const formatTime = (ms: number): string => new Date(ms).toLocaleString('sv')
