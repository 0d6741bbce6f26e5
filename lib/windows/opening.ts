// Pure: when maintenance windows are open: while the host's clock, the one on the wall, shows a time in one. So what falls into the hour
// that is skipped in spring opens at its end, and the hour that comes twice in autumn is open twice.
import type { Window } from '../config/window.js'

const MINUTE_MS = 60_000
/** Each window is there on one of two of its days, whatever the clock skips. */
const LONGEST_MS = 15 * 24 * 60 * MINUTE_MS

export function isOpen(windows: readonly Window[], ms: number): boolean {
  const date = new Date(ms)
  const [day, minute] = [date.getDay(), date.getHours() * 60 + date.getMinutes()]
  const dayBefore = (day + 6) % 7
  return windows.some(({ days, from, to }) =>
    from < to
      ? days.includes(day) && from <= minute && minute < to
      : (days.includes(day) && from <= minute) || (days.includes(dayBefore) && minute < to),
  )
}

/** The next minute, after this one, that is in one; every zone of today is whole minutes from UTC. */
export function nextOpening(windows: readonly Window[], ms: number): number {
  const first = (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS
  let next = first
  while (!isOpen(windows, next) && next < first + LONGEST_MS) next += MINUTE_MS
  return next
}
