// What failed here, as an answer that says whose fault it is and no more; the journal has what to do about it.
import { type Answer, problem } from './answer.js'
import { CommandFailed, ConfigError, refuse, StoreUnavailable } from './errors.js'
import { log } from './log.js'
import type { Visit } from './visit.js'

/** What is none of the errors that are known is a bug, and told as one. */
export function failure(error: unknown, { requestId }: Visit): Answer {
  if (error instanceof ConfigError) {
    for (const line of error.problems) log('error', `${line}; see env.template`)
    const detail = 'this way in is not configured; the journal says what is missing'
    return problem(refuse(503, detail, { 'Retry-After': '300' }))
  }
  if (error instanceof StoreUnavailable) {
    log('error', `${error.message}; ${error.advice}`)
    return problem(refuse(503, 'the state cannot be used; the journal says why', { 'Retry-After': '60' }))
  }
  log('error', error instanceof CommandFailed ? error.message : `bug: ${(error as Error).stack ?? error}`)
  const status = error instanceof CommandFailed ? 502 : 500
  return problem(refuse(status, `this failed here; the journal has the reason under ${requestId}`))
}
