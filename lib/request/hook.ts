// A webhook delivery that its sender has signed: read, matched with the enabled units, recorded, started.
// Built as a part of its own.
import { createHash } from 'node:crypto'
import type { Config } from '../config/config.js'
import { httpError } from '../errors.js'
import type { Incoming } from '../http/connection.js'
import { type HttpResponse, jsonResponse, problemResponse } from '../http/response.js'
import { isObject, parseJsonBytes } from '../json.js'
import type { Sender } from '../senders/sender.js'
import { extendRequestTimeout, useRequestTimeout } from '../store/files/lock-timeout.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { formatImage } from '../targets/image.js'
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
}

const REDEPLOY_IS_OFF =
  'redeploy is off: whoever has one signed body could restart the unit; WEBHOOK_REDEPLOY=1 allows it'

/** Answers one delivery. Throws what fails. */
export async function hook(
  { request, route, sender, body }: Delivery,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  useRequestTimeout()
  if (route.redeploy && !config.redeploy) return problemResponse(httpError(403, REDEPLOY_IS_OFF))
  const delivery = sender.deliveryId(request.headers)
  if (delivery === undefined)
    return problemResponse(httpError(400, 'the delivery id is missing or malformed'))
  context.delivery = `${route.sender}:${delivery}`
  context.bodySha256 = createHash('sha256').update(body).digest('hex')
  const payload = parseJsonBytes(body)
  if (payload === undefined || !isObject(payload.value))
    return problemResponse(httpError(400, 'the body is not a JSON object in UTF-8'))
  const parsed = sender.parse(request.headers, payload.value)
  if (parsed.kind === 'refused') return problemResponse(parsed.error)
  if (parsed.kind === 'ignored') return ignore(context, parsed.reason)
  context.meta['pushed'] = parsed.images.slice(0, 10).map(formatImage)
  // The generator runs while the store's code is loaded: each takes as long as the other.
  const [enabled, { accept }] = await Promise.all([enabledUnits(config), import('./accept.js')])
  const match = matchUnits(parsed.images, enabled, route.unit)
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

function ignore(context: RequestContext, reason: string, details: object = {}): HttpResponse {
  context.meta['ignored'] = reason
  return jsonResponse(200, { request_id: context.requestId, status: 'ignored', reason, ...details })
}
