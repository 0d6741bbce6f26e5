// The list of enabled units as a file, for a request that can ask nobody (units/spool).
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../errors.js'
import { unavailable } from '../store/files/advice.js'
import type { KnownUnit } from './match.js'

export function readUnits(path: string): KnownUnit[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KnownUnit[]
  } catch {
    throw new ConfigError(['the list of units is missing: systemctl start pod-upgrade-trigger-spool.service'])
  }
}

/** Whole or not at all. */
export function writeUnits(path: string, units: readonly KnownUnit[]): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(units), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw unavailable('write', path, error)
  }
}
