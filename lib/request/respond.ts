// A request whose route is known: its configuration and the body of who asks; its work is loaded for those who may. Only
// data and functions pass between this and the other parts of the build, never an error's class.
// Built as a part of its own.
import type { Config } from '../config/config.js'
import { readConfig } from '../config/environment.js'
import { asFailure } from '../errors.js'
import { clientAddress } from '../http/client-address.js'
import type { Incoming } from '../http/connection.js'
import { type HttpResponse, problemResponse } from '../http/response.js'
import { logFailure } from '../log.js'
import { SENDERS } from '../senders/index.js'
import type { EventRecord } from '../store/events.js'
import type { RequestContext } from './request-context.js'
import type { Route } from './route.js'
import { validateHead } from './validate-head.js'

type RouteOf<K extends Route['kind']> = Extract<Route, { kind: K }>
type CallRoute = Exclude<Route, RouteOf<'health' | 'hook'>>

export interface Responder {
  /** For the whole request, its head included. Throws ConfigError, as does respond(). */
  deadlineMs(): number
  respond(
    request: Incoming,
    route: RouteOf<'hook'> | CallRoute,
    context: RequestContext,
  ): Promise<HttpResponse>
  /** Whose request it is, where a trusted proxy has sent it. Once for each request; leaves what is known where the configuration is wrong. */
  identify(context: RequestContext): void
  /** After the answer: the client does not wait for it, and its failure is only told to the journal. */
  recordEvent(event: EventRecord, recorded: boolean): Promise<void>
}

export function responder(env: NodeJS.ProcessEnv): Responder {
  let known: Config | undefined
  const config = (): Config => {
    known ??= readConfig(env)
    return known
  }
  const identify = (context: RequestContext): void => {
    try {
      const { trustedProxies } = config()
      context.remoteAddr = clientAddress(context.remoteAddr, context.forwardedFor, trustedProxies)
      context.forwardedFor = [] // read once: what it says is no peer of ours
    } catch (error) {
      if (asFailure(error)?.name !== 'ConfigError') throw error
    }
  }
  return {
    identify,
    deadlineMs: () => config().requestTimeoutMs,
    async respond(request, route, context) {
      identify(context)
      request.allowMs(config().requestTimeoutMs - (Date.now() - context.ts))
      return route.kind === 'hook'
        ? deliver(request, route, config(), context)
        : call(request, route, config(), context)
    },
    async recordEvent(event, recorded) {
      try {
        await record(config(), event, recorded)
      } catch (error) {
        const failure = asFailure(error)
        if (failure?.name === 'StoreUnavailable') logFailure(error)
        else if (failure?.name !== 'ConfigError') throw error // that has been told, if anybody asked for more than a path
      }
    },
  }
}

async function deliver(
  request: Incoming,
  route: RouteOf<'hook'>,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  const sender = await SENDERS[route.sender]()
  const error = validateHead(request, route.kind, sender, config.maxBodyBytes)
  if (error !== undefined) return problemResponse(error)
  const { authenticateDelivery } = await import('./authenticate.js')
  const proven = await authenticateDelivery(request, route.sender, sender, config)
  if ('status' in proven) return problemResponse(proven)
  const { hook } = await import('./hook.js')
  context.tenant = proven.reach.tenant
  return hook({ request, route, sender, ...proven }, config, context)
}

async function call(
  request: Incoming,
  route: CallRoute,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  const error = validateHead(request, route.kind, undefined, config.maxBodyBytes)
  if (error !== undefined) return problemResponse(error)
  const { authenticateCaller } = await import('./authenticate.js')
  const reach = await authenticateCaller(request, route.kind, config, context)
  if ('status' in reach) return problemResponse(reach)
  context.tenant = reach.tenant
  if (route.kind === 'page') return (await import('../page/answer.js')).answerPage(request, reach, config)
  const { api } = await import('./api.js')
  return api({ request, route, reach }, config, context)
}

async function record({ stateDir, spool }: Config, event: EventRecord, recorded: boolean): Promise<void> {
  if (recorded) return (await import('./update-event-status.js')).updateEventStatus(stateDir, event)
  if (spool !== undefined) return // this state is neither read nor pruned: the journal has it
  const { appendEvent } = await import('../store/event-buffer.js')
  appendEvent(stateDir, event)
}
