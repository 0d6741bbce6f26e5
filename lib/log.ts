// One stderr line per thing worth telling, with the <priority> prefix that the journal understands (sd-daemon(3)).
// stdout is never written: under Accept=yes it is the client. Whatever came from outside is escaped here.
import { writeSync } from 'node:fs'

const PRIORITY = { error: 3, warning: 4, notice: 5 } as const
export type Level = keyof typeof PRIORITY

/** Control characters, line and paragraph separators, and bidirectional overrides, as \u escapes. */
export function escapeControl(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Writes one line, at once, because the process is about to exit; and to the descriptor, because a stream takes time to make. */
export function log(level: Level, message: string): void {
  try {
    writeSync(2, `<${PRIORITY[level]}>${escapeControl(message).slice(0, 4000)}\n`)
  } catch {} // nobody listens, and there is nobody else to tell
}
