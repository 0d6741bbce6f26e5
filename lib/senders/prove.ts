// Pure: the other end of verify.ts: a request that its sender has made, for who tries whether it would be let in. It compares nothing.
import { createHmac } from 'node:crypto'
import type { Proof, Sender } from './known/reading/sender.js'
import { usableKeys } from './verify.js'

export interface TestRequest {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The test of a sender, proven with `key`. `id` is for senders that sign one. Undefined for a key that only reads proofs. */
export function proveTest(
  name: string,
  { contentTypes, proofs, test }: Sender,
  key: string,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): TestRequest | undefined {
  const body = Buffer.from(JSON.stringify(test.payload))
  const proof = proofs.find(it => usableKeys([it], [key]).length > 0)
  const proven = proof && prove(proof, body, key, { id, secs: String(Math.floor(nowMs / 1000)) })
  if (proven === undefined) return undefined
  const type = { 'Content-Type': contentTypes[0] ?? '', 'Content-Length': String(body.length) }
  return {
    target: `/hooks/${name}${proven.query ?? ''}`,
    headers: { ...test.headers, ...type, ...proven.headers },
    body,
  }
}

interface Proven {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

function prove(
  proof: Proof,
  body: Buffer,
  key: string,
  { id, secs }: { id: string; secs: string },
): Proven | undefined {
  switch (proof.by) {
    case 'hmac':
      return {
        headers: { [proof.header]: proof.prefix + createHmac('sha256', key).update(body).digest('hex') },
      }
    case 'value':
      return { headers: { [proof.header]: proof.header === 'authorization' ? `Bearer ${key}` : key } }
    case 'query':
      return { query: `?${new URLSearchParams({ token: key })}` }
    case 'standard-webhooks': {
      if (!key.startsWith('whsec_')) return undefined
      const hmac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'))
      const signature = hmac.update(`${id}.${secs}.`).update(body).digest('base64')
      return {
        headers: { 'webhook-id': id, 'webhook-timestamp': secs, 'webhook-signature': `v1,${signature}` },
      }
    }
  }
}
