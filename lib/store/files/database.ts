// One SQLite file, opened safely. node-sqlite3-wasm locks with a directory that a killed process leaves behind, and its
// rollback journal does not recover; so: the caller holds a kernel lock, a leftover directory is removed, and the
// file is in exclusive WAL mode, in that order of pragmas. Without `exclusive` first, WAL is refused (no shared memory).
import { existsSync, renameSync, rmSync } from 'node:fs'
import './wasm-flags.js' // first: the flags count only before the module below is compiled
import sqlite, { type Database as SqliteDatabase } from 'node-sqlite3-wasm'
import { StoreUnavailable } from '../../errors.js'
import { log } from '../../log.js'
import { unavailable } from './advice.js'
import { isOpenElsewhere, takeBack } from './open-elsewhere.js'

export type Db = SqliteDatabase
export type Row = Record<string, unknown>

/** Numbered by position: the schema version is how many have run. Append only. */
export type Migrations = readonly string[]

/**
 * Opens `path`, creating and migrating it. The caller holds the store's lock.
 * A corrupt file is kept under another name and a new one begun. Throws StoreUnavailable for everything else.
 */
export function openDatabase(path: string, migrations: Migrations): Db {
  try {
    if (!isOpenElsewhere(path)) return openMigrated(path, migrations)
    takeBack(path)
    const db = openMigrated(path, migrations)
    if (isIntact(db)) return db
    db.close()
    setAside(path)
    return openMigrated(path, migrations)
  } catch (error) {
    if (!isCorrupt(error)) throw asUnavailable(path, error)
    setAside(path)
    return openMigrated(path, migrations)
  }
}

function openMigrated(path: string, migrations: Migrations): Db {
  rmSync(`${path}.lock`, { recursive: true, force: true })
  const db = new sqlite.Database(path)
  try {
    // auto_vacuum, by which prune gives space back in small steps, counts only before WAL mode writes the first page.
    db.exec(
      'pragma locking_mode=exclusive; pragma auto_vacuum=incremental; pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on',
    )
    migrate(db, path, migrations)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function migrate(db: Db, path: string, migrations: Migrations): void {
  const version = Number((db.get('pragma user_version') as Row)['user_version'])
  if (version > migrations.length) {
    throw new StoreUnavailable(
      `${path} has schema ${version}, newer than ${migrations.length}, the newest this version knows`,
      'it was written by a newer pod-upgrade-trigger: upgrade this one, or move the file away to begin with an empty one',
    )
  }
  for (const [index, sql] of migrations.entries()) {
    if (index >= version) transaction(db, () => db.exec(`${sql}; pragma user_version=${index + 1}`))
  }
}

/** Runs `work` in one transaction: all of it is on the disk when this returns, or none of it where it throws. */
export function transaction<T>(db: Db, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    if (db.inTransaction) db.exec('rollback')
    throw error
  }
}

export const isCorrupt = (error: unknown): boolean =>
  error instanceof Error && /malformed|not a database|disk image/i.test(error.message)

/** Reads all of it: what another program has written over is not seen by a quick check. */
export const isIntact = (db: Db): boolean =>
  (db.get('pragma integrity_check(1)') as Row)['integrity_check'] === 'ok'

/** Closes the database and, where SQLite finds it corrupt, sets the file aside, so that the next session begins with an empty one. */
export function closeIfCorrupt(path: string, db: Db): void {
  let intact = false
  try {
    intact = isIntact(db)
  } catch (error) {
    if (!isCorrupt(error)) throw error
  }
  db.close()
  if (!intact) setAside(path)
}

function setAside(path: string): void {
  const kept = `${path}.corrupt-${new Date().toISOString().replace(/[:.]/g, '')}`
  for (const suffix of ['', '-wal', '-journal']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix)
  }
  log(
    'error',
    `${path} is corrupt: kept as ${kept}, and replaced by an empty one; try "sqlite3 ${kept} .recover" to read it`,
  )
}

function asUnavailable(path: string, error: unknown): StoreUnavailable {
  return error instanceof StoreUnavailable ? error : unavailable('use', path, error)
}

type Value = string | number | undefined

/** A WHERE clause of the conditions whose value is there; a condition with several `?` is given the value for each. */
export function conditions(all: readonly (readonly [string, Value])[]): {
  where: string
  values: (string | number)[]
} {
  const given = all.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]))
  const values = given.flatMap(({ sql, value }) => Array.from(sql.matchAll(/\?/g), () => value))
  return { where: given.length === 0 ? '' : `where ${given.map(({ sql }) => sql).join(' and ')}`, values }
}
