// Requests that are kept as bytes: taken apart, proven anew with another secret, and spoiled in each way that must not get in. All of
// it is made with node:crypto from what a sender says of its proofs, and nothing that the program verifies with.
import { createHmac } from 'node:crypto'
import type { Headers } from '../../lib/http/headers.js'
import type { Proof, Sender } from '../../lib/senders/known/reading/sender.js'
import { type HeaderList, requestBytes } from './request.js'

export interface Kept {
  readonly target: string
  readonly headers: HeaderList
  readonly body: Buffer
}

export function takeApart(bytes: Buffer): Kept {
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = lines.map(
    line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const,
  )
  return { target: first.split(' ')[1] ?? '', headers, body: bytes.subarray(end + 4) }
}

export const bytesOf = ({ target, headers, body }: Kept): Buffer =>
  requestBytes('POST', target, headers, body)

/** As the program has them. */
export function headersOf({ headers }: Kept): Headers {
  const all: Record<string, string[]> = {}
  for (const [name, value] of headers) all[name.toLowerCase()] = [...(all[name.toLowerCase()] ?? []), value]
  return all
}

const carrier = (proof: Proof): string | undefined =>
  proof.by === 'query' ? undefined : proof.by === 'standard-webhooks' ? 'webhook-signature' : proof.header

/** The proof that counts in a request. */
export function proofIn({ proofs }: Sender, kept: Kept): Proof {
  const headers = headersOf(kept)
  return proofs.find(proof => headers[carrier(proof) ?? ''] !== undefined) ?? proofs[0]
}

const without = ({ headers }: Kept, ...names: readonly string[]): HeaderList =>
  headers.filter(([name]) => !names.includes(name.toLowerCase()))

/** The same request, from a sender with this secret, sent now. */
export function proveAgain(proof: Proof, kept: Kept, secret: string, nowMs: number): Kept {
  if (proof.by === 'query')
    return { ...kept, target: `${kept.target.split('?')[0]}?token=${encodeURIComponent(secret)}` }
  const header = carrier(proof) ?? ''
  const signed = (value: string, ...more: HeaderList): Kept => ({
    ...kept,
    headers: [...without(kept, header, ...more.map(([name]) => name)), [header, value], ...more],
  })
  if (proof.by === 'value') return signed(header === 'authorization' ? `Bearer ${secret}` : secret)
  if (proof.by === 'hmac')
    return signed(proof.prefix + createHmac('sha256', secret).update(kept.body).digest('hex'))
  const id = headersOf(kept)['webhook-id']?.[0] ?? ''
  const secs = String(Math.floor(nowMs / 1000))
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const hmac = createHmac('sha256', key).update(`${id}.${secs}.`).update(kept.body).digest('base64')
  return signed(`v1,${hmac}`, ['webhook-timestamp', secs])
}

/** Each bit of the last character of a proof that leaves it a character, and where the body is signed, one of the body. */
function flipped(proof: Proof, kept: Kept): readonly (readonly [why: string, kept: Kept])[] {
  const end = proof.by === 'standard-webhooks' ? /.(?==*( |$))/g : /.$/ // of each signature in a list
  const flip = (text: string) => text.replace(end, last => String.fromCharCode(last.charCodeAt(0) ^ 1))
  if (proof.by === 'query') return [['one bit flipped', { ...kept, target: flip(kept.target) }]]
  const header = carrier(proof)
  const headers = kept.headers.map(
    ([name, value]) => [name, name.toLowerCase() === header ? flip(value) : value] as const,
  )
  const last = kept.body.length - 1
  const body = Buffer.concat([kept.body.subarray(0, last), Buffer.of((kept.body[last] ?? 0) ^ 1)])
  const ofBody = [['one bit of the body flipped', { ...kept, body }]] as const
  return [['one bit flipped', { ...kept, headers }], ...(proof.by === 'value' ? [] : ofBody)]
}

/** Nobody may get in with any of these. */
export function spoiled(proof: Proof, kept: Kept): readonly (readonly [why: string, kept: Kept])[] {
  const [path, query] = kept.target.split('?')
  const header = carrier(proof)
  const value = header === undefined ? undefined : headersOf(kept)[header]?.[0]
  const twice = (more: string): Kept =>
    header === undefined
      ? { ...kept, target: `${path}?${query}&token=${encodeURIComponent(more)}` }
      : { ...kept, headers: [...kept.headers, [header, more]] }
  return [
    [
      'stripped',
      header === undefined ? { ...kept, target: path ?? '' } : { ...kept, headers: without(kept, header) },
    ],
    ['empty', header === undefined ? { ...kept, target: `${path}?token=` } : emptied(kept, header)],
    ['there twice, both right', twice(value ?? new URLSearchParams(query).get('token') ?? '')],
    ['there twice, the first right', twice('x')],
    ...flipped(proof, kept),
  ]
}

const emptied = (kept: Kept, header: string): Kept => ({
  ...kept,
  headers: [...without(kept, header), [header, '']],
})
