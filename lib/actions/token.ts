// Pure: whether a token is one that GitHub has signed for a job which ACTIONS_ALLOW has a rule for. A JSON Web Token (RFC 7519), but as
// GitHub makes it alone: RS256, and of its header only the name of the key. What it claims is judged before its key is looked for, so
// that nobody has keys fetched by a name that was made up.
import { verify } from 'node:crypto'
import { type ActionsRule, reachOfRules } from '../config/actions-rules.js'
import type { Reach } from '../config/tenants.js'
import { isObject, parseJsonBytes } from '../json.js'
import { findKey, type PublicKey } from './keys.js'

const ISSUER = 'https://token.actions.githubusercontent.com'
const CLOCK_SECS = 60
const LONGEST_SECS = 86_400 // a token is valid for minutes
const LONGEST_TOKEN = 8192
/**
 * What a job may have been started by: somebody who may write to the repository, or the clock. Of all others some run a stranger's
 * code (pull_request), or at a stranger's word (workflow_run, issue_comment), with the same ref.
 */
const EVENTS = ['push', 'release', 'schedule', 'workflow_dispatch', 'repository_dispatch']

/** What a token is judged by. */
export interface Expected {
  readonly rules: readonly ActionsRule[]
  readonly audience: string
  /** Asked for when a token is right in all else. */
  readonly keys: () => readonly PublicKey[]
  readonly nowMs: number
}

/** `unknown-key` is a token that fits in all but that its key is not here. `why` is for the host's owner alone. */
export type Verdict =
  | { readonly kind: 'good'; readonly reach: Reach }
  | { readonly kind: 'wrong' | 'unknown-key'; readonly why: string }

/** Never throws, whatever `token` is. */
export function judgeToken(token: string, expected: Expected): Verdict {
  const [header = '', payload = '', signature = '', ...more] = token.split('.')
  const kid = kidOf(objectOf(header))
  const claims = objectOf(payload)
  const signed = bytesOf(signature)
  if (token.length > LONGEST_TOKEN || more.length > 0 || claims === undefined || signed === undefined)
    return wrong('it is no JSON Web Token')
  if (kid === undefined) return wrong('it is not signed by RS256 with a named key')
  const why = whyWrong(claims, expected)
  if (why !== undefined) return wrong(why)
  const rules = expected.rules.filter(
    ({ repositoryId, ref }) => repositoryId === claims['repository_id'] && ref === claims['ref'],
  )
  const reach = reachOfRules(rules)
  if (reach === undefined) return wrong('ACTIONS_ALLOW has no rule for its repository_id and ref')
  const key = findKey(expected.keys(), kid)
  if (key === undefined) return { kind: 'unknown-key', why: 'its key is not among those that were fetched' }
  if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, signed))
    return wrong('its signature is wrong')
  return { kind: 'good', reach }
}

const wrong = (why: string): Verdict => ({ kind: 'wrong', why })

type Claims = Readonly<Record<string, unknown>>

/** The bytes of base64url in its one spelling, without padding. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined
}

function objectOf(part: string): Claims | undefined {
  const value = parseJsonBytes(bytesOf(part) ?? Buffer.alloc(0))?.value
  return isObject(value) ? (value as Claims) : undefined
}

/** Nothing else in a header is looked at: jku, jwk and x5u would let a token say by which key it is to be judged. */
function kidOf(header: Claims | undefined): string | undefined {
  const { alg, kid, crit } = header ?? {}
  return alg === 'RS256' && typeof kid === 'string' && kid !== '' && crit === undefined ? kid : undefined
}

/** A claim of another type than GitHub's is wrong, whatever it could be read as. */
function whyWrong(claims: Claims, { audience, nowMs }: Expected): string | undefined {
  if (claims['iss'] !== ISSUER) return 'it is of another issuer'
  if (claims['aud'] !== audience) return 'its audience is not WEBHOOK_PUBLIC_URL'
  if (!EVENTS.includes(claims['event_name'] as string)) return `its event is none of ${EVENTS.join(', ')}`
  const { exp, nbf, iat } = claims
  const now = nowMs / 1000
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat)) return 'its times are no numbers'
  if (exp < now - CLOCK_SECS) return 'it has expired'
  if (nbf > now + CLOCK_SECS || iat > now + CLOCK_SECS) return 'it is not valid yet: look at the clock'
  return iat > exp || exp - iat > LONGEST_SECS ? 'it is valid for too long' : undefined
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
