// Pure: every comparison with a secret; the only file that may import timingSafeEqual. Input is raw bytes. Whatever is
// missing, malformed or wrong gives false; nothing throws.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * True where `header` is `sha256=` and the lower-case hex HMAC-SHA256 of `body` under one of `secrets`
 * (GitHub, "Validating webhook deliveries"). The body is bytes, so that a re-serialisation cannot be verified.
 */
export function verifyHmacSha256(
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly string[],
): boolean {
  if (header === undefined || !/^sha256=[0-9a-f]{64}$/.test(header)) return false
  const given = Buffer.from(header.slice('sha256='.length), 'hex')
  const matches = secrets.map(
    secret => secret !== '' && timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given),
  )
  return matches.includes(true)
}

/** True where `given` is one of `tokens`. Their hashes are compared, so that neither length nor content shows in time. */
export function isKnownToken(given: string | undefined, tokens: readonly string[]): boolean {
  if (given === undefined || given === '') return false
  const matches = tokens.map(token => token !== '' && timingSafeEqual(sha256(token), sha256(given)))
  return matches.includes(true)
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
