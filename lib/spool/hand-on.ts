// What root hands on to requests that can read nothing of root's: the enabled units, and of the configuration what a request needs.
// systemd gives them the files as credentials, each request those that are there when it begins.
import { requestEnvFile } from '../config/environment.js'
import { replacePrivateFile } from '../plain-file.js'
import { unavailable } from '../store/files/advice.js'
import type { KnownUnit } from '../targets/match.js'
import { formatUnits } from '../targets/unit-list.js'

/** A configuration that cannot be read is handed on as none, so that requests are answered 503. Throws ConfigError, StoreUnavailable. */
export function handOnConfiguration(path: string, env: NodeJS.ProcessEnv): void {
  let text = ''
  try {
    text = requestEnvFile(env)
  } finally {
    replaceFile(path, text)
  }
}

/** Throws StoreUnavailable. */
export function handOnUnits(path: string, units: readonly KnownUnit[]): void {
  replaceFile(path, formatUnits(units))
}

function replaceFile(path: string, text: string): void {
  try {
    replacePrivateFile(path, text)
  } catch (error) {
    throw unavailable('write', path, error)
  }
}
