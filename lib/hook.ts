// A webhook delivery: verified over its raw bytes, read, matched with the enabled units, recorded, started.
import { createHash } from 'node:crypto'
import { type Answer, json, problem } from './answer.js'
import type { Config } from './config.js'
import type { Incoming } from './connection.js'
import { ConfigError, refuse } from './errors.js'
import { formatImage } from './image.js'
import { matchUnits } from './match.js'
import { isObject, parseJsonBytes } from './payload.js'
import type { Route } from './route.js'
import { waitLonger } from './store/patience.js'
import type { Visit } from './visit.js'

type Hook = Extract<Route, { kind: 'hook' }>

const UNAUTHORIZED = refuse(401, 'the credentials are missing or wrong', { 'WWW-Authenticate': 'Signature' })

/** Answers one delivery. Throws ConfigError where no secret is set: nothing configured lets nobody in. */
export async function hook(request: Incoming, route: Hook, config: Config, visit: Visit): Promise<Answer> {
  const { sender } = route
  if (config.githubSecrets.length === 0) throw new ConfigError(['GITHUB_WEBHOOK_SECRET is not set'])
  const body = await request.readBody(config.maxBodyBytes)
  if ('status' in body) return problem(body)
  if (!sender.verify(request.headers, body, config.githubSecrets)) return problem(UNAUTHORIZED)
  const delivery = sender.deliveryId(request.headers)
  if (delivery === undefined) return problem(refuse(400, 'the delivery id is missing or malformed'))
  visit.delivery = `${sender.name}:${delivery}`
  visit.bodySha256 = createHash('sha256').update(body).digest('hex')
  const payload = parseJsonBytes(body)
  if (payload === undefined || !isObject(payload.value))
    return problem(refuse(400, 'the body is not a JSON object in UTF-8'))
  const reading = sender.read(request.headers, payload.value)
  if (reading.kind === 'refused') return problem(reading.refusal)
  if (reading.kind === 'ignored') return ignore(visit, reading.reason)
  visit.meta['pushed'] = reading.images.slice(0, 10).map(formatImage)
  const { enabledUnits } = await import('./enabled.js')
  const match = matchUnits(reading.images, await enabledUnits(config), route.unit)
  if (match.kind === 'none') return ignore(visit, match.reason, match.details)
  const { accept } = await import('./accept.js')
  waitLonger(request)
  const wanted = {
    targets: match.units,
    all: false,
    force: route.redeploy,
    caller: sender.name,
    reason: undefined,
    limit: { perImage: true },
  } as const
  return accept(wanted, config, visit)
}

function ignore(visit: Visit, reason: string, details: object = {}): Answer {
  visit.meta['ignored'] = reason
  return json(200, { request_id: visit.requestId, status: 'ignored', reason, ...details })
}
