// GitHub's keys on the disk. A request only reads them, because it has no network: which process fetches them, and when, is in
// fetch-keys.ts and ask.ts.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.js'
import { type PlainFile, readPlainFile, replacePrivateFile } from '../plain-file.js'
import { formatKeys, type PublicKey, parseKeys } from './keys.js'

export const MAX_BYTES = 65_536

/** Where they are for this process: systemd hands them to a request with a spool. */
export const keyFile = ({ stateDir, spool }: Pick<Config, 'stateDir' | 'spool'>): string =>
  spool?.keysFile ?? join(stateDir, 'keys-actions.json')

/** None where they were never fetched, or cannot be read: a token is then as one whose key is unknown. */
export const readKeys = (path: string): readonly PublicKey[] =>
  parseKeys(Buffer.from(readFile(path)?.text ?? ''))

/** When they were fetched; undefined where there is no such file. */
export const fetchedMs = (path: string): number | undefined => readFile(path)?.changedMs

/** Throws what the file system says. */
export function writeKeys(path: string, keys: readonly PublicKey[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replacePrivateFile(path, formatKeys(keys))
}

function readFile(path: string): PlainFile | undefined {
  try {
    return readPlainFile(path, MAX_BYTES)
  } catch {
    return undefined
  }
}
