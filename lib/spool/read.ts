// What requests have left in a spool, read by the process that may carry it out, which is privileged and so believes
// nothing: the directory belongs to the process that faces the network, which may have been taken over.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { SpoolEntry } from './entry.js'
import { SUFFIX } from './write.js'

const MAX_BYTES = 65_536

/** The names of what has been left. None where nothing ever was. */
export function listEntries(dir: string): string[] {
  try {
    return readdirSync(dir).filter(name => name.endsWith(SUFFIX))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What a file says, or undefined for what no request of ours has written: a link, a device, too long, not understood. */
export function readEntry(dir: string, name: string): SpoolEntry | undefined {
  let fd: number | undefined
  try {
    fd = openSync(join(dir, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > MAX_BYTES) return undefined
    const parsed = v.safeParse(SpoolEntry, JSON.parse(readFileSync(fd, 'utf8')))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Renamed first, which works for whatever it is, so that it is not found again. */
export function removeEntry(dir: string, name: string): void {
  const gone = join(dir, `${name}.done`)
  try {
    renameSync(join(dir, name), gone)
    rmSync(gone)
  } catch {
    // A directory, or gone already: no request of ours made it, and nobody looks at it again.
  }
}
