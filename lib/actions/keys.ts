// Pure: GitHub's public keys, a set as RFC 7517 has it: what is fetched, what is kept of it, and the key that a token names.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { isObject, parseJsonBytes } from '../json.js'

/** Of one key: RSA alone, and nothing but what makes it. */
export interface PublicKey {
  readonly kid: string
  readonly n: string
}

const LEAST_BITS = 2048
const EXPONENT = 'AQAB' // what everybody uses; another would have to be thought about

/** Those of a set that can be used: RSA of at least 2048 bits, for RS256. None for what is no set. */
export function parseKeys(bytes: Uint8Array): readonly PublicKey[] {
  const set = parseJsonBytes(bytes)?.value
  const keys = isObject(set) && 'keys' in set && Array.isArray(set.keys) ? (set.keys as unknown[]) : []
  return keys.flatMap(key => usable(key) ?? [])
}

/** As parseKeys reads it back. */
export const formatKeys = (keys: readonly PublicKey[]): string =>
  `${JSON.stringify({ keys: keys.map(({ kid, n }) => ({ kty: 'RSA', kid, n, e: EXPONENT })) })}\n`

function usable(jwk: unknown): PublicKey | undefined {
  if (!isObject(jwk)) return undefined
  const { kty, kid, n, e, use = 'sig', alg = 'RS256' } = jwk as Readonly<Record<string, unknown>>
  if (kty !== 'RSA' || e !== EXPONENT || use !== 'sig' || alg !== 'RS256') return undefined
  if (typeof kid !== 'string' || kid === '' || typeof n !== 'string') return undefined
  return toKeyObject(n) && { kid, n }
}

function toKeyObject(n: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e: EXPONENT }, format: 'jwk' })
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_BITS ? key : undefined
  } catch {
    return undefined // no number
  }
}

/** The key of this name; undefined where there is none, or two. */
export function findKey(keys: readonly PublicKey[], kid: string): KeyObject | undefined {
  const [key, ...more] = keys.filter(it => it.kid === kid)
  return key === undefined || more.length > 0 ? undefined : toKeyObject(key.n)
}
