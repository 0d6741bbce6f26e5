// What the timer does, as the manager says it: while its run is under way it has no next time, and is active all the same.
import type { Config } from '../config/config.js'
import { type Argv, execShortStdout, QUICK_MS } from '../host/exec.js'
import { systemctlArgv } from '../host/systemd.js'
import { parseJsonBytes } from '../json.js'

const TIMER = 'pod-upgrade-trigger.timer'

export type Timer =
  | { readonly state: 'waiting'; readonly nextMs: number }
  | { readonly state: 'looking' | 'inactive' }

/** Those that are active alone: systemctl(1). What `show` says of the next time is a date for people, and of one of its two clocks. */
export const timerArgv = (scope: Config['scope']): Argv =>
  systemctlArgv(scope, 'list-timers', '--output=json', '--', TIMER)

/** `next` is in microseconds since 1970; null where the run is under way. */
export function parseTimer(text: string): Timer {
  const [timer] = parseListed(text)
  if (timer === undefined) return { state: 'inactive' }
  return timer.next ? { state: 'waiting', nextMs: Math.round(timer.next / 1000) } : { state: 'looking' }
}

function parseListed(text: string): readonly { readonly next: number | null }[] {
  const value = parseJsonBytes(Buffer.from(text))?.value
  return Array.isArray(value) ? value : []
}

/** Throws CommandFailed. */
export async function readTimer(scope: Config['scope']): Promise<Timer> {
  return parseTimer(await execShortStdout(timerArgv(scope), QUICK_MS))
}
