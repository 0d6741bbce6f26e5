// Pure: how long the steps of an upgrade may take, and so the whole of it.
import type { Config } from './config.js'

/** The pauses between the attempts of a pull, where trying again may help. */
export const RETRY_DELAYS_MS = [2000, 8000] as const

/** The longest that a health check is waited for, where it is longer than healthTimeoutMs. */
export const MAX_HEALTH_CHECK_MS = 600_000

/** How long a podman or a manager that does not answer is asked again. */
export const BUSY_MS = 15_000

const MARGIN_SECS = 600

/** Of one task: pulls with their retries, the watch, and the watch after a rollback. */
export function taskTimeLimitSecs({ pullTimeoutMs, healthTimeoutMs }: Config): number {
  const pullMs = pullTimeoutMs * (RETRY_DELAYS_MS.length + 1)
  return Math.ceil((pullMs + (healthTimeoutMs + MAX_HEALTH_CHECK_MS) * 2) / 1000) + MARGIN_SECS
}
