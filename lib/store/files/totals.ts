// What is counted for good, whereas the rows that it is counted from are forgotten (prune.ts). Triggers of the schema do it, so that no
// way to end a task, or to refuse a request, is left out.
import type { Db, Row } from './database.js'

/** The tasks of a unit that ended so. */
export interface TaskTotal {
  readonly unit: string
  readonly outcome: string
  readonly total: number
  /** When the last of them ended. */
  readonly lastMs: number
}

export const taskTotals = (events: Db): readonly TaskTotal[] =>
  (events.all('select * from task_totals order by unit, outcome') as Row[]).map(row => ({
    unit: String(row['unit']),
    outcome: String(row['outcome']),
    total: Number(row['total']),
    lastMs: Number(row['last_ms']),
  }))

/** By the status that was answered; 0 for those that were only counted. */
export const refusedTotals = (events: Db): ReadonlyMap<number, number> =>
  new Map(
    (events.all('select * from refused_totals order by status') as Row[]).map(row => [
      Number(row['status']),
      Number(row['total']),
    ]),
  )

/** Refused requests of which nothing else is recorded. */
export function countRefused(events: Db, more: number): void {
  events.run(
    'insert into refused_totals values (0, ?) on conflict do update set total = total + excluded.total',
    [more],
  )
}

/** When the timer began its last run; undefined where it never did. */
export function lastTimerRun(events: Db): number | undefined {
  const row = events.get(
    `select ts from event_log where action = 'all' and method = 'TIMER' order by id desc limit 1`,
  ) as Row | null
  return row === null ? undefined : Number(row['ts'])
}
