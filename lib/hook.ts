// A webhook delivery that its sender has signed: read, matched with the enabled units, recorded, started. A part of its
// own in the build (bin/build.mjs), so what fails here is made an answer here.
import { createHash } from 'node:crypto'
import { type Answer, json, problem } from './answer.js'
import type { Config } from './config.js'
import type { Incoming } from './connection.js'
import { enabledUnits } from './enabled.js'
import { refuse } from './errors.js'
import { failure } from './failure.js'
import { formatImage } from './image.js'
import { matchUnits } from './match.js'
import { isObject, parseJsonBytes } from './payload.js'
import type { Route } from './route.js'
import type { Sender } from './senders/sender.js'
import { waitBriefly, waitLonger } from './store/patience.js'
import type { Visit } from './visit.js'

type Hook = Extract<Route, { kind: 'hook' }>

/** A delivery as it is known once its signature is. */
export interface Delivery {
  readonly request: Incoming
  readonly route: Hook
  readonly sender: Sender
  /** The bytes that were verified. */
  readonly body: Buffer
}

/** Answers one delivery, whatever fails. */
export function hook(delivery: Delivery, config: Config, visit: Visit): Promise<Answer> {
  waitBriefly()
  return deliver(delivery, config, visit).catch(error => failure(error, visit))
}

async function deliver(
  { request, route, sender, body }: Delivery,
  config: Config,
  visit: Visit,
): Promise<Answer> {
  const delivery = sender.deliveryId(request.headers)
  if (delivery === undefined) return problem(refuse(400, 'the delivery id is missing or malformed'))
  visit.delivery = `${route.sender}:${delivery}`
  visit.bodySha256 = createHash('sha256').update(body).digest('hex')
  const payload = parseJsonBytes(body)
  if (payload === undefined || !isObject(payload.value))
    return problem(refuse(400, 'the body is not a JSON object in UTF-8'))
  const reading = sender.read(request.headers, payload.value)
  if (reading.kind === 'refused') return problem(reading.refusal)
  if (reading.kind === 'ignored') return ignore(visit, reading.reason)
  visit.meta['pushed'] = reading.images.slice(0, 10).map(formatImage)
  // The generator runs while the store's code is loaded: each takes as long as the other.
  const [enabled, { accept }] = await Promise.all([enabledUnits(config), import('./accept.js')])
  const match = matchUnits(reading.images, enabled, route.unit)
  if (match.kind === 'none') return ignore(visit, match.reason, match.details)
  waitLonger(request)
  const wanted = {
    targets: match.units,
    all: false,
    force: route.redeploy,
    caller: route.sender,
    reason: undefined,
    limit: { perImage: true },
  } as const
  return accept(wanted, config, visit)
}

function ignore(visit: Visit, reason: string, details: object = {}): Answer {
  visit.meta['ignored'] = reason
  return json(200, { request_id: visit.requestId, status: 'ignored', reason, ...details })
}
