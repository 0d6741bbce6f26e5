// The state directory. One kernel lock guards all of it: a session is a few milliseconds of SQLite between taking and
// releasing it, never across a child process or the network, so every function passed to withStore is synchronous.
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StoreUnavailable } from '../errors.js'
import { type Db, openDatabase } from './database.js'
import { adviceFor, lock } from './lock.js'
import { EVENTS } from './schema.js'

export interface Store {
  /** event_log and tasks. */
  readonly events: Db
}

const LOCK_WAIT_MS = 8000 // below the deadline of a request, so that it can still be answered 503

/**
 * Runs `work` with the store open and nobody else in it, then closes it. Everything committed is on the disk.
 * Throws StoreUnavailable where the directory cannot be used, or stayed locked for `waitMs`.
 */
export function withStore<T>(stateDir: string, work: (store: Store) => T, waitMs = LOCK_WAIT_MS): T {
  makeDirectory(stateDir)
  const held = lock(join(stateDir, 'store.lock'), waitMs)
  if (held === undefined) {
    throw new StoreUnavailable(
      `${stateDir} stayed locked for ${waitMs} ms`,
      'the host is overloaded; try again',
    )
  }
  const open: Db[] = []
  try {
    const file = (name: string, migrations: Parameters<typeof openDatabase>[1]) => {
      const db = openDatabase(join(stateDir, name), migrations)
      open.push(db)
      return db
    }
    return work({ events: file('events.db', EVENTS) })
  } catch (error) {
    throw isSqlite(error)
      ? new StoreUnavailable(`the store failed: ${error.message}`, adviceFor(error, stateDir), error)
      : error
  } finally {
    for (const db of open) closeQuietly(db)
    held.release()
  }
}

const isSqlite = (error: unknown): error is Error => error instanceof Error && error.name === 'SQLite3Error'

/** Closing only tidies the log away; what was committed is safe, and a failure here must not hide the first one. */
function closeQuietly(db: Db): void {
  try {
    db.close()
  } catch (error) {
    if (!isSqlite(error)) throw error
  }
}

function makeDirectory(stateDir: string): void {
  try {
    if (mkdirSync(stateDir, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(stateDir, 0o700)
  } catch (error) {
    throw new StoreUnavailable(
      `cannot create ${stateDir}: ${(error as Error).message}`,
      adviceFor(error, stateDir),
      error,
    )
  }
}
