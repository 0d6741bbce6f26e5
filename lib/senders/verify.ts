// Pure: every comparison with a secret; the only file that may import timingSafeEqual. Input is raw bytes. Whatever is missing,
// malformed or wrong is no proof; nothing throws. All keys are tried, so that time does not tell which.
import {
  createHash,
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify as verifySignature,
} from 'node:crypto'
import { type Headers, singleHeader } from '../http/headers.js'
import type { Proof } from './known/reading/sender.js'

/** What of a request may be, or hold, its proof. `target` has the query. */
export interface Provable {
  readonly headers: Headers
  readonly target: string
  readonly body: Uint8Array
}

/** The one of `keys` that the sender has proven to have; undefined where it has proven none. */
export function provenBy(
  proofs: readonly Proof[],
  request: Provable,
  keys: readonly string[],
  nowMs: number,
): string | undefined {
  const proof = proofs.find(it => it.by === 'query' || request.headers[headerOf(it)] !== undefined)
  if (proof === undefined) return undefined
  const isProof = judge(proof, request, nowMs)
  return keys.filter(key => isKeyOf(proof, key) && isProof(key))[0]
}

/** Those of `keys` that can prove anything to a sender with these proofs. */
export const usableKeys = (proofs: readonly Proof[], keys: readonly string[]): readonly string[] =>
  keys.filter(key => proofs.some(proof => isKeyOf(proof, key)))

/** The one of `tokens` that `given` is. Their hashes are compared, so that neither length nor content shows in time. */
export function knownToken(given: string | undefined, tokens: readonly string[]): string | undefined {
  if (given === undefined || given === '') return undefined
  return tokens.filter(token => token !== '' && isSameText(given, token))[0]
}

const headerOf = (proof: Exclude<Proof, { by: 'query' }>): string =>
  proof.by === 'standard-webhooks' ? 'webhook-signature' : proof.header

/** A signing key is never shown as it is, so a plain value that equals it proves nothing; a public one is known to everybody. */
function isKeyOf({ by }: Proof, key: string): boolean {
  const [, kind] = /^wh(sec|pk|sk)_/.exec(key) ?? []
  if (by === 'standard-webhooks') return kind === 'sec' || kind === 'pk'
  return key !== '' && (kind === undefined || (by === 'hmac' && kind === 'sec'))
}

function judge(proof: Proof, { headers, target, body }: Provable, nowMs: number): (key: string) => boolean {
  switch (proof.by) {
    case 'hmac': {
      const given = hexOf(singleHeader(headers, proof.header), proof.prefix)
      return key => given !== undefined && isHmac(key, [body], given)
    }
    case 'standard-webhooks':
      return standardWebhooks(headers, body, nowMs)
    case 'value':
      return isOneOf(credentials(proof.header, singleHeader(headers, proof.header)))
    case 'query': {
      const tokens = new URLSearchParams(/\?.*/s.exec(target)?.[0]).getAll('token')
      return isOneOf(tokens.length === 1 ? tokens : []) // sent twice, two programs would read two of them
    }
  }
}

/** Lower-case hex after its prefix (GitHub, "Validating webhook deliveries"; Gitea's has none). */
function hexOf(header: string | undefined, prefix: string): Buffer | undefined {
  const hex = header?.startsWith(prefix) ? header.slice(prefix.length) : ''
  return /^[0-9a-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined
}

/** The value itself; in Authorization also what is after Bearer, or the password of Basic, whose name is of no importance. */
function credentials(header: string, value: string | undefined): readonly string[] {
  if (value === undefined || header !== 'authorization') return value === undefined ? [] : [value]
  const [, scheme = '', rest = ''] = /^(bearer|basic) (.+)$/i.exec(value) ?? []
  if (scheme.toLowerCase() === 'bearer') return [value, rest]
  const password = /^[^:]*:(.*)$/s.exec(scheme === '' ? '' : Buffer.from(rest, 'base64').toString())?.[1]
  return password === undefined ? [value] : [value, password]
}

const WINDOW_SECS = 300
const ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/ // a dot would let one text be read as two requests

/** Standard Webhooks: `id.timestamp.body`, by HMAC-SHA256 (v1, key `whsec_…`) or Ed25519 (v1a, key `whpk_…`), five minutes long. */
function standardWebhooks(headers: Headers, body: Uint8Array, nowMs: number): (key: string) => boolean {
  const id = singleHeader(headers, 'webhook-id') ?? ''
  const sent = singleHeader(headers, 'webhook-timestamp') ?? ''
  const signatures = singleHeader(headers, 'webhook-signature')?.split(' ') ?? []
  const isNow = /^[1-9][0-9]{0,11}$/.test(sent) && Math.abs(nowMs / 1000 - Number(sent)) <= WINDOW_SECS
  if (!ID.test(id) || !isNow) return () => false
  const signed = [Buffer.from(`${id}.${sent}.`, 'latin1'), body]
  const given = (version: string, length: number) =>
    signatures.flatMap(it =>
      it.startsWith(`${version},`) ? (base64(it.slice(version.length + 1), length) ?? []) : [],
    )
  const hmacs = given('v1', 32)
  const asymmetric = given('v1a', 64)
  return key => {
    const bytes = base64(key.replace(/^wh(sec|pk)_/, ''))
    if (bytes === undefined) return false
    return key.startsWith('whpk_')
      ? asymmetric.filter(signature => isSigned(bytes, signed, signature)).length > 0
      : hmacs.filter(hmac => isHmac(bytes, signed, hmac)).length > 0
  }
}

/** Undefined for what is not the one spelling of some bytes, or of so many. */
function base64(text: string, length?: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  const isSo =
    bytes.length > 0 && bytes.toString('base64') === text && bytes.length === (length ?? bytes.length)
  return isSo ? bytes : undefined
}

function isHmac(key: string | Uint8Array, parts: readonly Uint8Array[], given: Uint8Array): boolean {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return timingSafeEqual(hmac.digest(), given)
}

function isSigned(publicKey: Buffer, parts: readonly Uint8Array[], signature: Uint8Array): boolean {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }
    return verifySignature(
      null,
      Buffer.concat(parts),
      createPublicKey({ key: jwk, format: 'jwk' }),
      signature,
    )
  } catch {
    return false // no key of 32 bytes
  }
}

const isOneOf = (given: readonly string[]) => (key: string) =>
  given.filter(value => isSameText(value, key)).length > 0

const isSameText = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b))

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
