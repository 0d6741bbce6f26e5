// A copy of the state for shells, browsers of databases and backups: our lock and SQLite's own do not see each other, so the files
// themselves are nobody's to open. They are copied under the lock, which takes as long as a copy does; requests wait for that.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { no, type Result, valid } from '../result.js'
import type { Row } from './files/database.js'
import { IMAGES, withStore } from './session.js'

/** Gives the names of what was copied. Throws StoreUnavailable, and what the file system says of `dir`. */
export function backup(stateDir: string, dir: string): Result<readonly string[]> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (readdirSync(dir).length > 0) return no(`${dir} is not empty: name a new directory`)
  mkdirSync(join(dir, IMAGES), { mode: 0o700 })
  withStore(stateDir, ({ events }) => events) // what waits beside it is taken in
  const names = withStore(stateDir, () => {
    const found = databasesIn(stateDir)
    // What a process that was killed has committed is still in the log beside its file.
    for (const name of found) copyFileSync(join(stateDir, name), join(dir, name))
    return found
  })
  const damaged = names.filter(name => /\.db$/.test(name) && !isIntact(dir, name))
  return damaged.length > 0 ? no(`damaged, and copied as they are: ${damaged.join(', ')}`) : valid(names)
}

function databasesIn(stateDir: string): string[] {
  const isOurs = (name: string) => /\.db(-wal)?$/.test(name)
  const images = join(stateDir, IMAGES)
  const own = readdirSync(stateDir).filter(isOurs)
  const more = readdirSync(stateDir).includes(IMAGES) ? readdirSync(images).filter(isOurs) : []
  return [...own, ...more.map(name => join(IMAGES, name))].sort()
}

/** Opened once, the copy has its log in it, and stands by itself. */
const isIntact = (dir: string, name: string): boolean =>
  withStore(dir, store => {
    const db =
      name === 'events.db'
        ? store.events
        : name === 'ratelimit.db'
          ? store.rateLimits
          : store.imageFile(name.slice(IMAGES.length + 1))
    return (db.get('pragma integrity_check(1)') as Row)['integrity_check'] === 'ok'
  })
