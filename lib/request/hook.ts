// A webhook delivery that its sender has signed: read, matched with the enabled units, recorded, started.
// Built as a part of its own.
import { createHash } from 'node:crypto'
import type { Config } from '../config/config.js'
import { isWithin, type Reach } from '../config/tenants.js'
import { httpError } from '../errors.js'
import type { Incoming } from '../http/connection.js'
import { type HttpResponse, jsonResponse, problemResponse } from '../http/response.js'
import { isObject, parseJsonBytes } from '../json.js'
import { log } from '../log.js'
import type { Sender } from '../senders/known/reading/sender.js'
import { extendRequestTimeout, useRequestTimeout } from '../store/files/lock-timeout.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { formatPushed } from '../targets/image.js'
import { matchUnits } from '../targets/match.js'
import type { RequestContext } from './request-context.js'
import type { Route } from './route.js'

type Hook = Extract<Route, { kind: 'hook' }>

/** A delivery as it is known once its signature is. */
export interface Delivery {
  readonly request: Incoming
  readonly route: Hook
  readonly sender: Sender
  /** The bytes that were verified. */
  readonly body: Buffer
  readonly reach: Reach
}

const REDEPLOY_IS_OFF =
  'redeploy is off: whoever has one signed body could restart the unit; WEBHOOK_REDEPLOY=1 allows it'

/** What a sender that stops is not told after its proof: the lines in the journal and the event are for the person. */
const NOT_TOLD: readonly number[] = [400, 422, 429]

/** Answers one delivery. Throws what fails. */
export async function hook(
  delivery: Delivery,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  useRequestTimeout()
  const answer = await carryOut(delivery, config, context)
  if (delivery.sender.onRefusal === 'shows' || !NOT_TOLD.includes(answer.status)) return answer
  const { detail }: { detail: string } = JSON.parse(answer.body)
  log(
    'warning',
    `${delivery.route.sender}: ${detail}; answered 200, so that it goes on with what comes after`,
  )
  return ignore(context, detail)
}

async function carryOut(
  { request, route, sender, body, reach }: Delivery,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  if (route.redeploy && !config.redeploy) return problemResponse(httpError(403, REDEPLOY_IS_OFF))
  const payload = parseJsonBytes(body)?.value
  const id = sender.deliveryId?.(request.headers, payload)
  context.bodySha256 = workOf(sender, id, body, context)
  context.delivery = `${route.sender}:${id === undefined ? context.bodySha256 : keptId(id)}`
  if (!isObject(payload)) return problemResponse(httpError(400, 'the body is not a JSON object in UTF-8'))
  const parsed = sender.read(request.headers, payload)
  if (parsed.kind === 'refused') return problemResponse(parsed.error)
  if (parsed.kind === 'ignored') return ignore(context, parsed.reason)
  const { registry } = config.senders[route.sender]
  const images = registry === undefined ? parsed.images : parsed.images.map(it => ({ ...it, host: registry }))
  context.meta['pushed'] = images.slice(0, 10).map(formatPushed)
  // The generator runs while the store's code is loaded: each takes as long as the other.
  const [enabled, { accept }] = await Promise.all([enabledUnits(config), import('./accept.js')])
  const reached = enabled.filter(({ unit }) => isWithin(reach, unit))
  const match = matchUnits(images, reached, route.unit)
  if (match.kind === 'none') return ignore(context, match.reason, match.details)
  extendRequestTimeout(request)
  const upgrade = {
    targets: match.units,
    all: false,
    force: route.redeploy,
    caller: route.sender,
    reason: undefined,
    limit: { perImage: true },
  } as const
  return accept(upgrade, config, context)
}

/** What is the same for the same work: of the body, of id and body, or of this request alone; and of one tenant. */
function workOf(
  { identifiedBy }: Sender,
  id: string | undefined,
  body: Buffer,
  { requestId, tenant }: RequestContext,
): string {
  const hash = createHash('sha256')
  if (tenant !== undefined) hash.update(`${tenant}\n`)
  if (identifiedBy === 'id' && id !== undefined) hash.update(`${id}\n`)
  if (identifiedBy === 'nothing') hash.update(`${requestId}\n`)
  return hash.update(body).digest('hex')
}

/** An id may be long, or anything: it is stored, listed and left in a spool. */
const keptId = (id: string): string =>
  /^[\x21-\x7e]{1,64}$/.test(id) ? id : createHash('sha256').update(id).digest('hex')

function ignore(context: RequestContext, reason: string, details: object = {}): HttpResponse {
  context.meta['ignored'] = reason
  return jsonResponse(200, { request_id: context.requestId, status: 'ignored', reason, ...details })
}
