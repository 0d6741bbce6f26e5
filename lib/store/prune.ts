// Forgetting what is old, from every file, in batches so short that a request never waits long for the lock. Whatever
// is queued or running stays, and so do the files that were set aside as corrupt: those are a person's to look at.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import type { Db, Row } from './files/database.js'
import { IMAGES, imageFiles, withStore } from './session.js'
import type { Store } from './store.js'

/** Rows removed, or that would be. */
export interface Pruned {
  events: number
  tasks: number
  hits: number
  upgrades: number
  images: number
}

/** Bounds a session: a few thousand index steps of an interpreter that is not optimised. */
const BATCH_ROWS = 300
const VACUUM_PAGES = 200

type Condition = readonly [string, ...(string | number)[]]

/** Removes what is older than `maxAgeMs`; with `dryRun` only counts. Throws StoreUnavailable. */
export function prune(config: Config, maxAgeMs: number, dryRun: boolean, nowMs: number): Pruned {
  const cutoff = nowMs - maxAgeMs
  const pruned: Pruned = { events: 0, tasks: 0, hits: 0, upgrades: 0, images: 0 }
  const each = (pick: (store: Store) => Db, table: string, condition: Condition): number =>
    dryRun ? count(config, pick, table, condition) : removeAll(config, pick, table, condition)
  const live = `select event_id from event_tasks join tasks on tasks.id = task_id where state != 'done'`
  pruned.events = each(({ events }) => events, 'event_log', [`ts < ? and id not in (${live})`, cutoff])
  pruned.tasks = each(({ events }) => events, 'tasks', ['finished_ms < ?', cutoff])
  pruned.hits = each(({ rateLimits }) => rateLimits, 'hits', ['ts < ?', cutoff])
  for (const name of imageFiles(config.stateDir)) {
    pruned.hits += each(store => store.imageFile(name), 'hits', ['ts < ?', cutoff])
    pruned.upgrades += each(store => store.imageFile(name), 'history', ['ts < ?', cutoff])
    if (isEmpty(config, name, dryRun ? cutoff : undefined)) pruned.images += 1
    if (!dryRun) removeIfEmpty(config, name)
  }
  if (!dryRun) vacuum(config)
  return pruned
}

function removeAll(
  config: Config,
  pick: (store: Store) => Db,
  table: string,
  [where, ...values]: Condition,
): number {
  const sql = `delete from ${table} where rowid in (select rowid from ${table} where ${where} limit ${BATCH_ROWS})`
  for (let total = 0; ; ) {
    const { changes } = withStore(config.stateDir, store => pick(store).run(sql, values))
    total += changes
    if (changes < BATCH_ROWS) return total
  }
}

/** By ranges of the key, because a count of a million rows at once would hold the lock for long. */
function count(
  config: Config,
  pick: (store: Store) => Db,
  table: string,
  [where, ...values]: Condition,
): number {
  const CHUNK = 20_000
  const one = (sql: string, bound: (string | number)[]) =>
    Number(withStore(config.stateDir, store => (pick(store).get(sql, bound) as Row)['n'] ?? 0))
  const highest = one(`select max(rowid) as n from ${table}`, [])
  let total = 0
  for (
    let from = one(`select min(rowid) as n from ${table}`, []);
    from <= highest && highest > 0;
    from += CHUNK
  ) {
    const range = `rowid >= ? and rowid < ? and ${where}`
    total += one(`select count(*) as n from ${table} where ${range}`, [from, from + CHUNK, ...values])
  }
  return total
}

/** Whether nothing is remembered of the image; with a cutoff, nothing newer than that. */
function isEmpty(config: Config, name: string, cutoff: number | undefined): boolean {
  const since = cutoff ?? 0
  return withStore(config.stateDir, store => {
    const row = store.imageFile(name).get(
      `select exists (select 1 from hits where ts >= ?) or exists (select 1 from history where ts >= ?)
         or exists (select 1 from bad_images) as used`,
      [since, since],
    ) as Row
    return Number(row['used']) === 0
  })
}

/** Looked at once more under the lock that the removal has: a request may have used the file meanwhile. */
function removeIfEmpty({ stateDir }: Config, name: string): void {
  withStore(stateDir, store => {
    const db = store.imageFile(name)
    const used = ['hits', 'history', 'bad_images'].some(
      table => db.get(`select 1 from ${table} limit 1`) !== null,
    )
    if (used) return
    db.close()
    for (const suffix of ['', '-wal']) rmSync(join(stateDir, IMAGES, name + suffix), { force: true })
  })
}

/** Gives freed pages back to the file system, a few at a time. */
function vacuum({ stateDir }: Config): void {
  for (const pick of [({ events }: Store) => events, ({ rateLimits }: Store) => rateLimits]) {
    for (let before = Number.POSITIVE_INFINITY; ; ) {
      const left = withStore(stateDir, store => {
        const db = pick(store)
        db.exec(`pragma incremental_vacuum(${VACUUM_PAGES})`)
        return Number((db.get('pragma freelist_count') as Row)['freelist_count'])
      })
      if (left === 0 || left >= before) break
      before = left
    }
  }
}
