// What requests have left in a spool, read by the process that may carry it out, which is privileged and so believes
// nothing: the directory belongs to the process that faces the network, which may have been taken over.
import { randomUUID } from 'node:crypto'
import { constants, lstatSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { readPlainFile } from '../plain-file.js'
import { parseEntry, type SpoolEntry } from './entry.js'
import { SUFFIX } from './write.js'

const MAX_BYTES = 65_536
/** Of one run; the .path unit starts the next. */
const MOST_ENTRIES = 200

/** The names of what has been left, in the order in which it was: as many as one run carries out. None where nothing ever was. */
export function listEntries(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter(name => name.endsWith(SUFFIX))
      .map(name => ({ name, ms: lstatSync(join(dir, name), { throwIfNoEntry: false })?.ctimeMs ?? 0 }))
      .sort((one, other) => one.ms - other.ms)
      .slice(0, MOST_ENTRIES)
      .map(({ name }) => name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export interface DatedEntry extends SpoolEntry {
  readonly ts: number
}

/**
 * What a file says, with the time of its last change as the file system has it, which its owner cannot choose. Undefined for what no
 * request of ours has written: a link, a device, too long, not understood.
 */
export function readEntry(dir: string, name: string): DatedEntry | undefined {
  try {
    const { text, changedMs } = readPlainFile(join(dir, name), MAX_BYTES, constants.O_NOFOLLOW)
    const entry = parseEntry(text)
    return entry && { ...entry, ts: Math.round(changedMs) }
  } catch {
    return undefined
  }
}

/**
 * Renamed first, to a name that nobody can have taken: so whatever it is, it is not found again. A directory then stays there; to
 * look into it, with root's rights, would be to believe it. Throws what the file system says.
 */
export function removeEntry(dir: string, name: string): void {
  const gone = join(dir, `discarded-${randomUUID()}`)
  renameSync(join(dir, name), gone)
  try {
    unlinkSync(gone)
  } catch {}
}
