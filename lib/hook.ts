// A webhook delivery: verified over its raw bytes, read, matched with the enabled units, recorded, started.
import { createHash } from 'node:crypto'
import { type Answer, json, problem } from './answer.js'
import type { Config } from './config.js'
import type { Incoming } from './connection.js'
import { CommandFailed, ConfigError, refuse } from './errors.js'
import { formatImage } from './image.js'
import { log } from './log.js'
import { matchUnits } from './match.js'
import type { Route } from './route.js'
import { eventOf, type Visit } from './visit.js'

type Hook = Extract<Route, { kind: 'hook' }>
type Units = readonly { readonly unit: string; readonly image: string }[]

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
  const payload = parseJson(body)
  if (payload === undefined) return problem(refuse(400, 'the body is not JSON in UTF-8'))
  const reading = sender.read(request.headers, payload.value)
  if (reading.kind === 'refused') return problem(reading.refusal)
  if (reading.kind === 'ignored') return ignore(visit, reading.reason)
  visit.meta['pushed'] = reading.images.slice(0, 10).map(formatImage)
  const { enabledUnits } = await import('./trigger.js')
  const match = matchUnits(reading.images, await enabledUnits(config), route.unit)
  if (match.kind === 'none') return ignore(visit, match.reason, match.details)
  return accept(match.units, route.redeploy, config, visit)
}

/** undefined where it is not JSON: not UTF-8 throughout, a byte order mark, not an object, nothing at all. */
function parseJson(body: Buffer): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value } : undefined
  } catch {
    return undefined // every way of failing is the sender's mistake, and told as such
  }
}

function ignore(visit: Visit, reason: string, details: object = {}): Answer {
  visit.meta['ignored'] = reason
  return json(200, { request_id: visit.requestId, status: 'ignored', reason, ...details })
}

async function accept(units: Units, force: boolean, config: Config, visit: Visit): Promise<Answer> {
  const { record, startTasks } = await import('./trigger.js')
  const wanted = { units, force, caller: visit.action, reason: undefined }
  const { tasks, duplicate } = record(config, wanted, seen => eventOf(visit, seen ? 200 : 202, Date.now()))
  visit.recorded = true
  visit.meta['tasks'] = tasks.map(({ id }) => id)
  try {
    await startTasks(config, visit.self, tasks)
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    log('error', `${error.message}; the tasks stay queued until the next --all`)
    const detail = 'recorded, but the service manager did not start the task; the next --all will run it'
    return problem(refuse(503, detail, { 'Retry-After': '60' }), { request_id: visit.requestId })
  }
  const shown = tasks.map(({ id, unit, image, state, outcome }) => ({
    id,
    unit,
    image,
    state,
    ...(outcome && { outcome }),
  }))
  const body = { request_id: visit.requestId, status: duplicate ? 'duplicate' : 'accepted', tasks: shown }
  return json(duplicate ? 200 : 202, body)
}
