// The list of enabled units as a file, for a request that can ask nobody (units/spool).
import { readFileSync } from 'node:fs'
import { ConfigError } from '../errors.js'
import type { KnownUnit } from './match.js'

export function readUnits(path: string): KnownUnit[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KnownUnit[]
  } catch {
    throw new ConfigError(['the list of units is missing: systemctl start pod-upgrade-trigger-spool.service'])
  }
}

export const formatUnits = (units: readonly KnownUnit[]): string => JSON.stringify(units)
