// The side of a request that has a spool (left.ts has the other): it leaves its work in a file, whole or not at all, and is
// given the list of enabled units, because it can ask nobody.
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventRecord } from '../store/events.js'
import { unavailable } from '../store/files/advice.js'
import type { SpoolEntry } from './entry.js'

export const SUFFIX = '.json' // the .path unit looks for these; a file that is being written has another name

/** What a request knows of it. */
export interface NewEntry extends Partial<Omit<SpoolEntry, 'event' | 'units'>> {
  readonly event: EventRecord
  readonly units: readonly string[]
}

/** On the disk when this returns. Throws StoreUnavailable. */
export function writeEntry(dir: string, work: NewEntry): void {
  const name = join(dir, work.event.requestId)
  try {
    const fd = openSync(`${name}.new`, 'wx', 0o600)
    writeFileSync(fd, JSON.stringify(work))
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
