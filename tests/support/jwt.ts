// Tokens as GitHub signs them for a job, right in all that is not said otherwise, by keys that are made for one run of the tests.
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export const AUDIENCE = 'https://hooks.example.org/PREFIX'
export const KID = 'key-of-tests'
export const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const OTHER_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })

export type Part = Readonly<Record<string, unknown>>

export const jwk = (key: KeyObject = KEY.publicKey, more: Part = {}): Part => ({
  ...(key.export({ format: 'jwk' }) as Part),
  kid: KID,
  use: 'sig',
  alg: 'RS256',
  ...more,
})
export const jwks = (...keys: readonly Part[]): string => JSON.stringify({ keys })

export const header = (more: Part = {}): Part => ({ typ: 'JWT', alg: 'RS256', x5t: KID, kid: KID, ...more })

/** An undefined value leaves the claim out. */
export function claims(more: Part = {}): Part {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: 'https://token.actions.githubusercontent.com',
    aud: AUDIENCE,
    sub: 'repo:acme/web:ref:refs/heads/main',
    repository: 'acme/web',
    repository_id: '1296269',
    ref: 'refs/heads/main',
    event_name: 'push',
    iat: now,
    nbf: now - 300,
    exp: now + 300,
    ...more,
  }
}

type Sign = (signed: Buffer) => Buffer
export const rs256 =
  (key: KeyObject = KEY.privateKey): Sign =>
  signed =>
    sign('sha256', signed, key)
export const hs256 =
  (secret: string | Buffer): Sign =>
  signed =>
    createHmac('sha256', secret).update(signed).digest()

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

export function jwt(payload: unknown = claims(), head: unknown = header(), signer: Sign = rs256()): string {
  const signed = `${encode(head)}.${encode(payload)}`
  return `${signed}.${signer(Buffer.from(signed)).toString('base64url')}`
}
