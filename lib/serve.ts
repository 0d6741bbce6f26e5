// One request, from its first byte to one answer, one event row and one log line. What refuses comes in the order of
// its cost: nothing dear (SQLite, execa) is loaded for a request that has not proved who sent it.
import { randomUUID } from 'node:crypto'
import { refuseHead } from './admit.js'
import { type Answer, json, problem } from './answer.js'
import type { Config } from './config.js'
import { type Incoming, serveConnection } from './connection.js'
import { readConfig } from './environment.js'
import { CommandFailed, ConfigError, EXIT, refuse, StoreUnavailable } from './errors.js'
import { log } from './log.js'
import { findRoute } from './route.js'
import type { EventRecord } from './store/events.js'
import { waitAtMost } from './store/patience.js'
import type { Self } from './systemd.js'
import { VERSION } from './version.js'
import { eventOf, type Visit } from './visit.js'

const DEFAULT_DEADLINE_MS = 10_000
const LOCK_WAIT_MS = 8000

/** Serves the connection on fd 0. Always EXIT.ok, refusals included: a bad client must not leave a failed unit. */
export async function serve(env: NodeJS.ProcessEnv, self: Self): Promise<number> {
  waitAtMost(LOCK_WAIT_MS)
  const config = tryConfig(env)
  const visit: Visit = {
    requestId: randomUUID(),
    ts: Date.now(),
    remoteAddr: env['REMOTE_ADDR'],
    self,
    method: '',
    target: '',
    action: 'malformed',
    meta: {},
    recorded: false,
  }
  const deadlineMs = config instanceof ConfigError ? DEFAULT_DEADLINE_MS : config.requestTimeoutMs
  const answer = await serveConnection(
    request => handle(request, config, visit).catch(error => failure(error, visit)),
    { deadlineMs, requestId: visit.requestId },
  )
  if (answer === undefined || visit.action === 'health') return EXIT.ok
  const event = eventOf(visit, answer.status, Date.now())
  log(answer.status >= 500 ? 'error' : 'notice', summary(event))
  if (!(config instanceof ConfigError)) await recordQuietly(config, event, visit.recorded)
  return EXIT.ok
}

function tryConfig(env: NodeJS.ProcessEnv): Config | ConfigError {
  try {
    return readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

async function handle(request: Incoming, config: Config | ConfigError, visit: Visit): Promise<Answer> {
  Object.assign(visit, { method: request.method, target: request.target, action: 'unknown' })
  const route = findRoute(request.method, request.target)
  if ('status' in route) return problem(route)
  visit.action = route.kind === 'hook' ? `hook-${route.sender.name}` : route.kind
  if (route.kind === 'health') return json(200, { status: 'ok', version: VERSION })
  if ('unit' in route && route.unit !== undefined) visit.unit = route.unit
  if (config instanceof ConfigError) throw config
  const refusal = refuseHead(request, route, config.maxBodyBytes)
  if (refusal !== undefined) return problem(refusal)
  if (route.kind === 'hook') return (await import('./hook.js')).hook(request, route, config, visit)
  return (await import('./api.js')).api(request, route, config, visit)
}

function failure(error: unknown, { requestId }: Visit): Answer {
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

function summary(event: EventRecord): string {
  const { ignored, tasks } = event.meta as { ignored?: string; tasks?: number[] }
  const end = ignored ?? (tasks === undefined ? '' : `task ${tasks.join(', ')}`)
  return `${event.method} ${event.path} ${event.status} ${event.durationMs} ms ${event.requestId} ${end}`.trimEnd()
}

/** After the answer: the client does not wait for this row, and its failure is only told to the journal. */
async function recordQuietly(config: Config, event: EventRecord, recorded: boolean): Promise<void> {
  if (recorded && event.status < 300) return // its row says so already
  try {
    const { withStore } = await import('./store/store.js')
    const { insertEvent, setStatus } = await import('./store/events.js')
    withStore(config.stateDir, store => (recorded ? setStatus(store, event) : insertEvent(store, event)))
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log('error', `${error.message}; ${error.advice}`)
  }
}
