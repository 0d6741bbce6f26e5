// When a queued task is due. Derived from the configuration each time it is looked at, and kept nowhere: a window that is edited counts
// at once, and a timer is no more than a wake-up.
import type { Config } from '../config/config.js'
import type { Task } from '../store/tasks.js'
import { isOpen, nextOpening } from './opening.js'
import { windowsOf } from './unit-window.js'

export interface Due {
  /** Undefined is now. */
  readonly laterMs?: number
  /** Why it is never due: nobody knows its window. */
  readonly why?: string
}

export const NOW: Due = {}

/**
 * By the unit's window, unless it is forced. What was begun is ended, and what is gone back to was decided: neither waits. Throws
 * CommandFailed where systemd does not tell the window.
 */
export async function dueOf(
  config: Config,
  { unit, force, attempts, report }: Pick<Task, 'unit' | 'force' | 'attempts' | 'report'>,
  nowMs: number,
): Promise<Due> {
  if (force || attempts > 0 || report !== undefined) return NOW
  const found = await windowsOf(config, unit)
  if (!found.ok) return { why: found.problems[0]?.message ?? '' }
  const { value: windows } = found
  if (windows === undefined || isOpen(windows.each, nowMs)) return NOW
  return { laterMs: nextOpening(windows.each, nowMs) }
}
