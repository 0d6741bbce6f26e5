// Calls that count towards a limit, in ratelimit.db by name and in each image's own file.
import { decideLimit, type LimitDecision, type Window } from '../sliding-window.js'
import { type Db, type Row, transaction } from './files/database.js'

/** Whether a call under this name was counted since. */
export const hasHit = (db: Db, name: string, sinceMs: number): boolean =>
  db.get('select 1 from hits where name = ? and ts > ? limit 1', [name, sinceMs]) !== null

/**
 * Counts a call, unless it is over one of the windows. What lies outside every window is forgotten, and so is what
 * lies in the future, or a clock that was set back would shut everybody out until it caught up.
 */
export function tryAcquire(db: Db, name: string, windows: readonly Window[], nowMs: number): LimitDecision {
  const longest = Math.max(...windows.map(({ ms }) => ms))
  const most = Math.max(...windows.map(({ count }) => count))
  return transaction(db, () => {
    db.run('delete from hits where name = ? and (ts <= ? or ts > ?)', [name, nowMs - longest, nowMs])
    const rows = db.all('select ts from hits where name = ? order by ts desc limit ?', [name, most]) as Row[]
    const verdict = decideLimit(
      rows.map(row => Number(row['ts'])),
      windows,
      nowMs,
    )
    if (verdict.allowed) db.run('insert into hits (name, ts) values (?, ?)', [name, nowMs])
    return verdict
  })
}
