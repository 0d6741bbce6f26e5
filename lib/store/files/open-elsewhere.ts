// A database that another program has open: a shell, a browser of databases, a `.backup`. SQLite there does not see our lock, nor do
// we see its; when it leaves, it writes what it has read over what we have written since, and deletes the log by its name. So it is
// left alone with its file, and we go on with a copy under the name. Our own log has no index (-shm), so that gives it away.
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { log } from '../../log.js'

const indexOf = (path: string): string => `${path}-shm`

export const isOpenElsewhere = (path: string): boolean => existsSync(indexOf(path))

/** The caller holds the store's lock, and has the file closed. Throws what the file system says; then nothing has changed. */
export function takeBack(path: string): void {
  log(
    'warning',
    `${path} is open in another program, such as a shell: that one sees nothing new any more; pod-upgrade-trigger backup DIR makes a copy for it`,
  )
  for (const name of [`${path}-wal`, path]) if (existsSync(name)) copyAnew(name)
  rmSync(indexOf(path), { force: true }) // last: whoever is killed before is followed by one who begins again
}

function copyAnew(path: string): void {
  const copy = `${path}.new`
  copyFileSync(path, copy)
  const fd = openSync(copy, 'r+')
  fsyncSync(fd)
  closeSync(fd)
  renameSync(copy, path)
}
