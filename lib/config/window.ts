// Pure: maintenance windows, from text: days as systemd.time(7) writes them, and a time from which to which; several are separated
// by `;`. All in local time, as systemd's timers are.
import { no, type Result, valid } from '../result.js'

/** One of each week's or day's. */
export interface Window {
  /** On which it begins; 0 is Sunday. */
  readonly days: readonly number[]
  /** Minutes of the day. Where `to` is not after `from`, it is one of the next day. */
  readonly from: number
  readonly to: number
}

export interface Windows {
  readonly text: string
  readonly each: readonly Window[]
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const TIMES = /^(?:(\S+)\s+)?([0-9]{2}):([0-9]{2})\s*-\s*([0-9]{2}):([0-9]{2})$/

/** The messages go after the name of what has the text, which is never quoted. */
export function parseWindows(text: string): Result<Windows> {
  const each: Window[] = []
  for (const [index, part] of text.split(';').entries()) {
    const parsed = parseWindow(part.trim())
    if (typeof parsed === 'string') return no(`window ${index + 1} ${parsed}`)
    each.push(parsed)
  }
  return valid({ text: text.trim(), each })
}

/** A text is what is wrong. */
function parseWindow(text: string): Window | string {
  const [, words, ...digits] = TIMES.exec(text) ?? []
  if (digits.length === 0) return 'must be like Mon..Fri 02:00-05:00; several are separated by ;'
  const [hour = 0, minute = 0, endHour = 0, endMinute = 0] = digits.map(Number)
  const [from, to] = [hour * 60 + minute, endHour * 60 + endMinute]
  if (minute > 59 || endMinute > 59 || from >= DAY || to > DAY) return 'has a time that no clock shows'
  if (from === to) return 'ends when it begins: the whole day is 00:00-24:00'
  const days = words === undefined ? DAYS.map((_, day) => day) : parseDays(words)
  return days === undefined ? 'must have days like Mon..Fri or Sat,Sun' : { days, from, to }
}

const DAY = 24 * 60

/** Undefined for what are none. */
function parseDays(words: string): number[] | undefined {
  const days = new Set<number>()
  for (const word of words.split(',')) {
    const ends = word.split('..')
    const [first, last] = [dayOf(ends[0] ?? ''), dayOf(ends.at(-1) ?? '')]
    if (first === undefined || last === undefined || ends.length > 2) return undefined
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === last) break
    }
  }
  return [...days].sort()
}

function dayOf(word: string): number | undefined {
  const lower = word.toLowerCase()
  const found = DAYS.findIndex(name => lower === name || lower === name.slice(0, 3))
  return found < 0 ? undefined : found
}
