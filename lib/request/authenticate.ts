// Who asks. Judged with nothing loaded but what it takes, and before anything is done; the answer to a wrong credential
// is the same whatever was wrong. A way in for which nothing is configured lets nobody in.
import type { Config } from '../config/config.js'
import { type SenderName, secretVariable } from '../config/sender-names.js'
import { EVERYTHING, type Reach, reachOf } from '../config/tenants.js'
import { ConfigError, type HttpError, httpError } from '../errors.js'
import type { Incoming } from '../http/connection.js'
import { singleHeader } from '../http/headers.js'
import type { Sender } from '../senders/known/reading/sender.js'
import { knownToken, provenBy, usableKeys } from '../senders/verify.js'
import type { RequestContext } from './request-context.js'
import { queryOf, type Route } from './route.js'

const wrong = (scheme: string): HttpError =>
  httpError(401, 'the credentials are missing or wrong', { 'WWW-Authenticate': scheme })

const BASIC = 'Basic realm="pod-upgrade-trigger", charset="UTF-8"'

/** A delivery whose sender has proven that it has a secret, and what that reaches. */
export interface Proven {
  readonly body: Buffer
  readonly reach: Reach
}

/** Reads and judges a delivery. Throws ConfigError where no secret is set, or none that this sender can prove. */
export async function authenticateDelivery(
  request: Incoming,
  name: SenderName,
  { proofs }: Sender,
  { senders, tenants, maxBodyBytes }: Config,
): Promise<Proven | HttpError> {
  const { secrets } = senders[name]
  if (secrets.length === 0) throw new ConfigError([`${secretVariable(name)} is not set`])
  if (usableKeys(proofs, secrets).length === 0)
    throw new ConfigError([
      `${secretVariable(name)} has no key of the kind that its sender can prove to have`,
    ])
  const body = await request.readBody(maxBodyBytes)
  if ('status' in body) return body
  const { headers, target } = request
  const key = provenBy(proofs, { headers, target, body }, secrets, Date.now())
  return key === undefined ? wrong('Signature') : { body, reach: reachOf(tenants, key) }
}

/** What a caller's token reaches, before the body is read. Throws ConfigError where no token can be right. */
export async function authenticateCaller(
  request: Incoming,
  kind: Route['kind'],
  config: Config,
  context: RequestContext,
): Promise<Reach | HttpError> {
  const simple = kind === 'auto-update'
  const tokens = simple ? config.tokens : config.manualTokens
  const isForJobs = config.actionsRules.length > 0 && (kind === 'trigger' || kind === 'task')
  if (tokens.length === 0 && !isForJobs)
    throw new ConfigError([`${simple ? 'WEBHOOK_TOKEN' : 'WEBHOOK_MANUAL_TOKEN'} is not set`])
  const given = bearer(request) ?? elsewhere(request, kind)
  const token = knownToken(given, tokens)
  if (token !== undefined) return simple ? EVERYTHING : reachOf(config.tenants, token)
  return (
    (isForJobs && given?.includes('.') && (await reachOfJob(given, config, context))) ||
    wrong(kind === 'page' ? BASIC : 'Bearer')
  )
}

/** Of a job of GitHub Actions. Why it is none is for the owner of the host, in the event. */
async function reachOfJob(
  token: string,
  config: Config,
  context: RequestContext,
): Promise<Reach | undefined> {
  const { judgeCaller } = await import('../actions/caller.js')
  const verdict = judgeCaller(token, config)
  if (verdict.kind === 'good') return verdict.reach
  context.meta['token'] = verdict.why
  if (verdict.kind === 'unknown-key')
    context.afterAnswer = async () => (await import('../actions/ask.js')).askForKeys(config)
  return undefined
}

/**
 * Where else a token may be. A browser keeps the password of Basic, and sends it by itself, also with what another site makes it
 * ask: it opens the page alone, by which nothing changes.
 */
function elsewhere({ headers, target }: Incoming, kind: Route['kind']): string | undefined {
  if (kind === 'auto-update') return queryOf(target)['token']
  if (kind !== 'page') return undefined
  const [, encoded] =
    /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(singleHeader(headers, 'authorization') ?? '') ?? []
  return encoded === undefined ? undefined : /:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1]
}

/** The scheme is case-insensitive and followed by one space (RFC 9110, 11.4). */
function bearer({ headers }: Incoming): string | undefined {
  return /^bearer ([^\s]+)$/i.exec(singleHeader(headers, 'authorization') ?? '')?.[1]
}
