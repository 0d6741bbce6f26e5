// The state directory. One kernel lock guards all of it: a session is a few milliseconds of SQLite between taking and
// releasing it, never across a child process or the network, so every function passed to withStore is synchronous.
// A file is opened when it is first asked for, because opening costs more than a row.
import { chmodSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StoreUnavailable } from '../errors.js'
import { importBufferedEvents } from './event-buffer.js'
import { insertBufferedEvents } from './events.js'
import { adviceFor, unavailable } from './files/advice.js'
import { closeIfCorrupt, type Db, isCorrupt, type Migrations, openDatabase } from './files/database.js'
import { fileNameOf } from './files/file-name.js'
import { lock } from './files/lock.js'
import { lockTimeoutMs } from './files/lock-timeout.js'
import { isOpenElsewhere } from './files/open-elsewhere.js'
import { EVENTS, IMAGE, RATE_LIMITS } from './files/schema.js'
import type { Store } from './store.js'

export const IMAGES = 'images'
const EVENTS_FILE = 'events.db'
const RATE_LIMITS_FILE = 'ratelimit.db'

/**
 * Runs `work` with the store to itself, then closes it. Everything committed is on the disk.
 * Throws StoreUnavailable where the directory cannot be used, or stayed locked for `waitMs`.
 */
export function withStore<T>(stateDir: string, work: (store: Store) => T, waitMs = lockTimeoutMs()): T {
  makeDirectory(stateDir)
  const held = lock(join(stateDir, 'store.lock'), waitMs)
  if (held === undefined) {
    throw new StoreUnavailable(
      `${stateDir} stayed locked for ${waitMs} ms`,
      'the host is overloaded; try again',
    )
  }
  const open: Open = new Map()
  try {
    return work(openOnDemand(stateDir, open))
  } catch (error) {
    if (!isSqlite(error)) throw error
    if (isCorrupt(error)) for (const [name, { db }] of open) closeIfCorrupt(join(stateDir, name), db)
    throw new StoreUnavailable(`the store failed: ${error.message}`, adviceFor(error, stateDir), error)
  } finally {
    try {
      for (const [name, file] of open) close(join(stateDir, name), file)
    } finally {
      held.release()
    }
  }
}

/** By its name in the state directory. */
type Open = Map<string, { readonly db: Db; readonly migrations: Migrations }>

function openOnDemand(stateDir: string, open: Open): Store {
  const file = (name: string, migrations: Migrations): Db => {
    const db = open.get(name)?.db ?? openDatabase(join(stateDir, name), migrations)
    open.set(name, { db, migrations })
    return db
  }
  const imageFile = (name: string): Db => {
    makeDirectory(join(stateDir, IMAGES))
    return file(join(IMAGES, name), IMAGE)
  }
  return {
    get events() {
      const isNew = !open.has(EVENTS_FILE)
      const db = file(EVENTS_FILE, EVENTS)
      if (isNew)
        importBufferedEvents(stateDir, (records, counts) => insertBufferedEvents(db, records, counts))
      return db
    },
    get rateLimits() {
      return file(RATE_LIMITS_FILE, RATE_LIMITS)
    },
    image: reference => imageFile(`${fileNameOf(reference)}.db`),
    imageFile,
  }
}

/** The names of the files of images; none where there never was one. */
export const imageFiles = (stateDir: string): string[] => databaseNames(join(stateDir, IMAGES))

/** Each database that is there: its name in the state directory, and how a session opens it. */
export function databases(
  stateDir: string,
): readonly (readonly [name: string, pick: (store: Store) => Db])[] {
  const there = databaseNames(stateDir)
  const own = [
    [EVENTS_FILE, ({ events }: Store) => events],
    [RATE_LIMITS_FILE, ({ rateLimits }: Store) => rateLimits],
  ] as const
  const images = imageFiles(stateDir)
  return [
    ...own.filter(([name]) => there.includes(name)),
    ...images.map(name => [join(IMAGES, name), (store: Store) => store.imageFile(name)] as const),
  ]
}

function databaseNames(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter(name => name.endsWith('.db'))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const isSqlite = (error: unknown): error is Error => error instanceof Error && error.name === 'SQLite3Error'

/** Closing only tidies the log away; what was committed is safe, and a failure here must not hide the first one. */
function close(path: string, { db, migrations }: { db: Db; migrations: Migrations }): void {
  try {
    if (db.isOpen) db.close()
    if (isOpenElsewhere(path)) openDatabase(path, migrations).close() // before whoever came meanwhile leaves
  } catch (error) {
    if (!isSqlite(error)) throw error
  }
}

function makeDirectory(path: string): void {
  try {
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(path, 0o700)
  } catch (error) {
    throw unavailable('create', path, error)
  }
}
