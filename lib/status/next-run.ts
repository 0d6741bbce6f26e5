// When the timer looks by itself the next time, as the manager says it.
import type { Config } from '../config/config.js'
import { type Argv, execShortStdout, QUICK_MS } from '../host/exec.js'
import { systemctlArgv } from '../host/systemd.js'

const TIMER = 'pod-upgrade-trigger.timer'

export const nextRunArgv = (scope: Config['scope']): Argv =>
  systemctlArgv(
    scope,
    'show',
    '--timestamp=unix',
    '--property=NextElapseUSecRealtime',
    '--value',
    '--',
    TIMER,
  )

/** `@1764216000`, in seconds; empty or 0 for a timer that is not active. */
export function parseNextRun(text: string): number | undefined {
  const secs = Number(/^@([0-9]+)$/.exec(text.trim())?.[1])
  return secs > 0 ? secs * 1000 : undefined
}

/** Undefined where the timer is not active. Throws CommandFailed. */
export async function nextRun(scope: Config['scope']): Promise<number | undefined> {
  return parseNextRun(await execShortStdout(nextRunArgv(scope), QUICK_MS))
}
