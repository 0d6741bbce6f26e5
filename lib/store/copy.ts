// A copy of the state: for shells, browsers of databases and backups, because our lock and SQLite's own do not see each other, and for
// ourselves where the state cannot be written, which SQLite does also to read. It is made under the lock, which takes as long as a
// copy does; requests wait for that.
import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { no, type Result, valid } from '../result.js'
import { isUnwritable } from './files/advice.js'
import { type Db, isIntact } from './files/database.js'
import { databases, IMAGES, withStore } from './session.js'
import type { Store } from './store.js'

/** Gives the names of what was copied. Throws StoreUnavailable, and what the file system says of `dir`. */
export function backup(stateDir: string, dir: string): Result<readonly string[]> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (readdirSync(dir).length > 0) return no(`${dir} is not empty: name a new directory`)
  mkdirSync(join(dir, IMAGES), { mode: 0o700 })
  withStore(stateDir, ({ events }) => events) // what waits beside it is taken in
  const copied = withStore(stateDir, () => copyFiles(stateDir, dir))
  const damaged = copied.filter(([, pick]) => !isCopyIntact(dir, pick))
  if (damaged.length > 0) return no(`damaged, and copied as they are: ${namesOf(damaged).join(', ')}`)
  return valid(namesOf(copied))
}

/** What a process that was killed has committed is still in the log beside its file. */
function copyFiles(stateDir: string, dir: string): ReturnType<typeof databases> {
  const found = databases(stateDir)
  const buffered = readdirSync(stateDir).filter(name => name.startsWith('events.') && !name.includes('.db'))
  for (const name of [...buffered, ...found.flatMap(([name]) => [name, `${name}-wal`])])
    if (existsSync(join(stateDir, name))) copyFileSync(join(stateDir, name), join(dir, name))
  return found
}

/** As withStore, for those who only read: also where the disk is full or read-only, as long as there is room in the directory for temporary files. */
export function readStore<T>(stateDir: string, work: (store: Store) => T): T {
  try {
    return withStore(stateDir, work)
  } catch (error) {
    const copy =
      isUnwritable((error as Error).cause) && existsSync(stateDir) ? copyToRead(stateDir) : undefined
    if (copy === undefined) throw error
    try {
      return withStore(copy, work)
    } finally {
      rmSync(copy, { recursive: true })
    }
  }
}

/** Undefined where there is no room for it. Without the lock: nobody can write where we cannot. */
function copyToRead(stateDir: string): string | undefined {
  const dir = join(tmpdir(), `pod-upgrade-trigger-${randomUUID()}`)
  try {
    mkdirSync(join(dir, IMAGES), { recursive: true, mode: 0o700 })
    copyFiles(stateDir, dir)
    return dir
  } catch {
    rmSync(dir, { recursive: true, force: true })
    return undefined
  }
}

const namesOf = (found: ReturnType<typeof databases>): readonly string[] => found.map(([name]) => name)

/** Opened once, the copy has its log in it, and stands by itself. */
const isCopyIntact = (dir: string, pick: (store: Store) => Db): boolean =>
  withStore(dir, store => isIntact(pick(store)))
