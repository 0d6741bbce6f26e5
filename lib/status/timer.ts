// What the timer does, as the manager says it: while its run is under way it has no next time, and is active all the same.
import type { Config } from '../config/config.js'
import { type Argv, execShortStdout, QUICK_MS } from '../host/exec.js'
import { systemctlArgv } from '../host/systemd.js'
import { parseProperties } from '../host/unit-state.js'

const TIMER = 'pod-upgrade-trigger.timer'

export type Timer =
  | { readonly state: 'waiting'; readonly nextMs: number }
  | { readonly state: 'looking' | 'inactive' }

export const timerArgv = (scope: Config['scope']): Argv =>
  systemctlArgv(
    scope,
    'show',
    '--timestamp=unix',
    '--property=ActiveState,NextElapseUSecRealtime',
    '--',
    TIMER,
  )

/** The time is `@1764216000`, in seconds; empty or 0 where there is none. */
export function parseTimer(text: string): Timer {
  const shown = parseProperties(text)
  if (shown.get('ActiveState') !== 'active') return { state: 'inactive' }
  const secs = Number(/^@([0-9]+)$/.exec(shown.get('NextElapseUSecRealtime') ?? '')?.[1])
  return secs > 0 ? { state: 'waiting', nextMs: secs * 1000 } : { state: 'looking' }
}

/** Throws CommandFailed. */
export async function readTimer(scope: Config['scope']): Promise<Timer> {
  return parseTimer(await execShortStdout(timerArgv(scope), QUICK_MS))
}
