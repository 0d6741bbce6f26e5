// A copy of the state for shells, browsers of databases and backups: our lock and SQLite's own do not see each other, so the files
// themselves are nobody's to open. They are copied under the lock, which takes as long as a copy does; requests wait for that.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { no, type Result, valid } from '../result.js'
import { type Db, isIntact } from './files/database.js'
import { databases, IMAGES, withStore } from './session.js'
import type { Store } from './store.js'

/** Gives the names of what was copied. Throws StoreUnavailable, and what the file system says of `dir`. */
export function backup(stateDir: string, dir: string): Result<readonly string[]> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (readdirSync(dir).length > 0) return no(`${dir} is not empty: name a new directory`)
  mkdirSync(join(dir, IMAGES), { mode: 0o700 })
  withStore(stateDir, ({ events }) => events) // what waits beside it is taken in
  const copied = withStore(stateDir, () => {
    const found = databases(stateDir)
    // What a process that was killed has committed is still in the log beside its file.
    for (const name of found.flatMap(([name]) => [name, `${name}-wal`]))
      if (existsSync(join(stateDir, name))) copyFileSync(join(stateDir, name), join(dir, name))
    return found
  })
  const damaged = copied.filter(([, pick]) => !isCopyIntact(dir, pick))
  if (damaged.length > 0) return no(`damaged, and copied as they are: ${namesOf(damaged).join(', ')}`)
  return valid(namesOf(copied))
}

const namesOf = (found: ReturnType<typeof databases>): readonly string[] => found.map(([name]) => name)

/** Opened once, the copy has its log in it, and stands by itself. */
const isCopyIntact = (dir: string, pick: (store: Store) => Db): boolean =>
  withStore(dir, store => isIntact(pick(store)))
