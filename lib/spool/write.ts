// The side of a request that has a spool (process.ts has the other): it leaves its work in a file, whole or not at all, and is
// given the list of enabled units, because it can ask nobody.
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unavailable } from '../store/files/advice.js'
import { formatEntry, type SpoolEntry } from './entry.js'

export const SUFFIX = '.entry' // the .path unit looks for these; a file that is being written has another name

/** On the disk when this returns. Throws StoreUnavailable. */
export function writeEntry(dir: string, work: SpoolEntry): void {
  const name = join(dir, work.event.requestId)
  try {
    const fd = openSync(`${name}.new`, 'wx', 0o600)
    writeFileSync(fd, formatEntry(work))
    fsyncSync(fd)
    closeSync(fd)
    renameSync(`${name}.new`, name + SUFFIX)
    const directory = openSync(dir, 'r')
    fsyncSync(directory)
    closeSync(directory)
  } catch (error) {
    throw unavailable('write', dir, error)
  }
}
