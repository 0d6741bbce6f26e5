// One stderr line per thing worth telling, with the <priority> prefix that the journal understands (sd-daemon(3)).
// stdout is never written: under Accept=yes it is the client. Whatever came from outside is escaped here.
import { writeSync } from 'node:fs'
import { describeFailure } from './errors.js'
import { escapeControl } from './escape.js'

const PRIORITY = { error: 3, warning: 4, notice: 5 } as const
export type Level = keyof typeof PRIORITY

/** Writes one line, synchronously, because the process is about to exit; to the descriptor, because a stream is slow to make. */
export function log(level: Level, message: string): void {
  try {
    writeSync(2, `<${PRIORITY[level]}>${escapeControl(message).slice(0, 4000)}\n`)
  } catch {} // stderr is closed, and there is nowhere else to write
}

/** What failed, and what to do about it. */
export function logFailure(error: unknown): void {
  for (const line of describeFailure(error)) log('error', line)
}
