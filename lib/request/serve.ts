// One request, from its first byte to one response, one event and one log line. The process is started for it, so what it
// loads is what it costs: this file is all of what answers /health and unknown paths; respond.ts is loaded for the rest.
import { closeSync, openSync, readSync } from 'node:fs'
import { EXIT } from '../errors.js'
import { type Incoming, serveConnection } from '../http/connection.js'
import { type HttpResponse, jsonResponse, problemResponse } from '../http/response.js'
import { log, logFailure } from '../log.js'
import type { EventRecord } from '../store/events.js'
import { VERSION } from '../version.js'
import { errorResponse } from './error-response.js'
import { eventFromContext, type RequestContext } from './request-context.js'
import type { Responder } from './respond.js'
import { findRoute } from './route.js'

/** Serves the connection on fd 0. Always EXIT.ok, refusals included: a bad client must not leave a failed unit. */
export async function serve(env: NodeJS.ProcessEnv): Promise<number> {
  let loaded: Promise<Responder> | undefined
  const load = (): Promise<Responder> => {
    loaded ??= import('./respond.js').then(({ responder }) => responder(env))
    return loaded
  }
  const context: RequestContext = {
    requestId: randomId(),
    ts: Date.now(),
    remoteAddr: env['REMOTE_ADDR'],
    forwardedFor: [],
    method: '',
    target: '',
    action: 'malformed',
    meta: {},
    recorded: false,
  }
  const response = await serveConnection(
    request => handle(request, load, context).catch(error => errorResponse(error, context)),
    { deadlineMs: async () => (await load()).deadlineMs(), requestId: context.requestId },
  )
  if (response === undefined || context.action === 'health') return EXIT.ok
  const { identify, recordEvent } = await load()
  identify(context)
  const event = eventFromContext(context, response.status, Date.now())
  log(response.status >= 500 ? 'error' : 'notice', summary(event))
  if (context.action === 'page' && event.status < 400) return EXIT.ok // asked again each minute, it would bury what came in
  if (!context.recorded || event.status >= 300) await recordEvent(event, context.recorded)
  await context.afterAnswer?.().catch(logFailure)
  return EXIT.ok
}

async function handle(
  request: Incoming,
  load: () => Promise<Responder>,
  context: RequestContext,
): Promise<HttpResponse> {
  const { method, target, headers } = request
  Object.assign(context, {
    method,
    target,
    action: 'unknown',
    forwardedFor: headers['x-forwarded-for'] ?? [],
  })
  const route = findRoute(method, target)
  if ('status' in route) return problemResponse(route)
  context.action = route.kind === 'hook' ? `hook-${route.sender}` : route.kind
  if (route.kind === 'health') return jsonResponse(200, { status: 'ok', version: VERSION })
  if ('unit' in route && route.unit !== undefined) context.unit = route.unit
  return (await load()).respond(request, route, context)
}

/** units/share/fail2ban reads the first words. */
function summary(event: EventRecord): string {
  const { ignored, tasks } = event.meta as { ignored?: string; tasks?: number[] }
  const end = ignored ?? (tasks === undefined ? '' : `task ${tasks.join(', ')}`)
  return `${event.remoteAddr ?? '-'} ${event.method || '-'} ${event.path || '-'} ${event.status} ${event.durationMs} ms ${event.requestId} ${end}`.trimEnd()
}

/** A UUID of version 4 (RFC 9562). Not from node:crypto, which takes a tenth of a start to load. */
function randomId(): string {
  const bytes = Buffer.alloc(16)
  const fd = openSync('/dev/urandom', 'r')
  readSync(fd, bytes)
  closeSync(fd)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
