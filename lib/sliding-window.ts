// Pure: sliding windows: at most `count` calls in any span of `ms`. A refused call is not counted: who keeps trying is let in
// as soon as the oldest accepted call has left the window.

export interface Window {
  readonly count: number
  readonly ms: number
}

export type LimitDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSecs: number }

/** `calls` are the times (ms) of the past ones, the newest first, at least the largest `count` of them. */
export function decideLimit(
  calls: readonly number[],
  windows: readonly Window[],
  nowMs: number,
): LimitDecision {
  const waits = windows.map(({ count, ms }) => {
    const oldest = calls[count - 1] // while it is inside the window, the window is full
    return oldest === undefined ? 0 : oldest + ms - nowMs
  })
  const waitMs = Math.max(0, ...waits)
  return waitMs === 0 ? { allowed: true } : { allowed: false, retryAfterSecs: Math.ceil(waitMs / 1000) }
}

export const HOUR_MS = 3_600_000

/** The hours since 1970, of what is counted by the hour. */
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS)
