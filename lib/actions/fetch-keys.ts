// The program's one way out: GitHub's keys, from one address that nobody can change, by the timer's run and where a request has asked for
// them. No redirect is followed. Whatever goes wrong, the keys that are here stay.
// Built as a part of its own.
import { get } from 'node:https'
import type { Config } from '../config/config.js'
import { log } from '../log.js'
import { keyFile, MAX_BYTES, writeKeys } from './key-file.js'
import { parseKeys } from './keys.js'

const URL = 'https://token.actions.githubusercontent.com/.well-known/jwks'
const TIMEOUT_MS = 15_000

/** Gives whether they are here now; why not is told in the journal. Nothing is fetched where ACTIONS_ALLOW is not set. */
export async function fetchKeys(
  config: Pick<Config, 'stateDir' | 'spool' | 'actionsRules'>,
): Promise<boolean> {
  if (config.actionsRules.length === 0) return true
  try {
    const keys = parseKeys(await download())
    if (keys.length === 0) throw new Error('it has no RSA key of 2048 bits or more')
    writeKeys(keyFile(config), keys)
    return true
  } catch (error) {
    log('warning', `GitHub's keys were not fetched from ${URL}: ${(error as Error).message}`)
    return false
  }
}

function download(): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const late = new Error(`no answer in ${TIMEOUT_MS / 1000} s`)
    const fail = (error: Error) => reject(signal.aborted ? late : error)
    const request = get(URL, { agent: false, signal }, answer => {
      const chunks: Buffer[] = []
      let length = 0
      answer.on('error', fail)
      if (answer.statusCode !== 200) request.destroy(new Error(`status ${answer.statusCode}`))
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length > MAX_BYTES) request.destroy(new Error(`it is longer than ${MAX_BYTES} bytes`))
      })
      answer.on('end', () => resolve(Buffer.concat(chunks)))
    })
    request.on('error', fail)
  })
}
