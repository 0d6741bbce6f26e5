// The side of a request that has a spool (left.ts has the other): it leaves its work in a file, whole or not at all, and is
// given the list of enabled units, because it can ask nobody.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './errors.js'
import type { Left } from './left.js'
import type { KnownUnit } from './match.js'
import { unavailable } from './store/advice.js'
import type { EventRecord } from './store/events.js'

export const SUFFIX = '.json' // the .path unit looks for these; a file that is being written has another name

/** What a request knows of it. */
export interface Work extends Partial<Omit<Left, 'event' | 'units'>> {
  readonly event: EventRecord
  readonly units: readonly string[]
}

/** On the disk when this returns. Throws StoreUnavailable. */
export function leave(dir: string, work: Work): void {
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

export function readUnits(path: string): KnownUnit[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KnownUnit[]
  } catch {
    throw new ConfigError(['the list of units is missing: systemctl start pod-upgrade-trigger-spool.service'])
  }
}
