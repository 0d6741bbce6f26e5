// A request whose route is known: its configuration and the proof of who asks; its work is loaded for those who may. A part
// of its own in the build (bin/build.mjs), with copies of what it shares with the others: only data and functions pass
// between them, never an error's class.
import { refuseHead } from './admit.js'
import { type Answer, problem } from './answer.js'
import type { Config } from './config.js'
import type { Incoming } from './connection.js'
import { readConfig } from './environment.js'
import { ConfigError, StoreUnavailable } from './errors.js'
import { failure } from './failure.js'
import { log } from './log.js'
import type { Route } from './route.js'
import { SENDERS } from './senders/index.js'
import type { EventRecord } from './store/events.js'
import type { Visit } from './visit.js'

type Way<K extends Route['kind']> = Extract<Route, { kind: K }>
type Call = Exclude<Route, Way<'health' | 'hook'>>

export interface Responder {
  /** For the whole request, its head included. Throws ConfigError. */
  deadlineMs(): number
  respond(request: Incoming, route: Way<'hook'> | Call, visit: Visit): Promise<Answer>
  /** After the answer: the client does not wait for it, and its failure is only told to the journal. */
  keep(event: EventRecord, recorded: boolean): Promise<void>
}

export function responder(env: NodeJS.ProcessEnv): Responder {
  const config = tryConfig(env)
  return {
    deadlineMs() {
      if (config instanceof ConfigError) throw config
      return config.requestTimeoutMs
    },
    async respond(request, route, visit) {
      try {
        if (config instanceof ConfigError) throw config
        request.allowMs(config.requestTimeoutMs - (Date.now() - visit.ts))
        return await (route.kind === 'hook'
          ? deliver(request, route, config, visit)
          : call(request, route, config, visit))
      } catch (error) {
        return failure(error, visit)
      }
    },
    async keep(event, recorded) {
      if (!(config instanceof ConfigError)) await keepQuietly(config, event, recorded)
    },
  }
}

function tryConfig(env: NodeJS.ProcessEnv): Config | ConfigError {
  try {
    return readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

async function deliver(request: Incoming, route: Way<'hook'>, config: Config, visit: Visit): Promise<Answer> {
  const sender = await SENDERS[route.sender]()
  const refusal = refuseHead(request, route.kind, sender, config.maxBodyBytes)
  if (refusal !== undefined) return problem(refusal)
  const { proveDelivery } = await import('./prove.js')
  const proof = await proveDelivery(request, sender, config)
  if ('status' in proof) return problem(proof)
  const { hook } = await import('./hook.js')
  return hook({ request, route, sender, body: proof }, config, visit)
}

async function call(request: Incoming, route: Call, config: Config, visit: Visit): Promise<Answer> {
  const refusal = refuseHead(request, route.kind, undefined, config.maxBodyBytes)
  if (refusal !== undefined) return problem(refusal)
  const { proveCaller } = await import('./prove.js')
  const stranger = proveCaller(request, route.kind, config)
  if (stranger !== undefined) return problem(stranger)
  const { api } = await import('./api.js')
  return api(request, route, config, visit)
}

async function keepQuietly(
  { stateDir, spool }: Config,
  event: EventRecord,
  recorded: boolean,
): Promise<void> {
  if (recorded) return (await import('./correct.js')).correct(stateDir, event)
  if (spool !== undefined) return // nobody looks into this state, nor prunes it: there the journal alone tells
  const { appendEvent } = await import('./store/tail.js')
  try {
    appendEvent(stateDir, event)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log('error', `${error.message}; ${error.advice}`)
  }
}
