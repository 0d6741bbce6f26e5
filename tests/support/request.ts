// Requests as bytes. The secret is the one of GitHub's published example, and signatures are made with node:crypto
// alone: nothing that the program verifies with is used to sign. Whatever is wrong with a request is said by its parts.
import { createHmac } from 'node:crypto'

export const SECRET = "It's a Secret to Everybody"

export type Bytes = string | Uint8Array
/** In the order they are sent, names as they are spelt. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** `sha256=…`, as GitHub sends it. */
export const sign = (body: Bytes, secret = SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

/** A request with exactly these headers after Host, which is sent unless it is among them. */
export function requestBytes(
  method: string,
  target: string,
  headers: HeaderList = [],
  body: Bytes = '',
): Buffer {
  const host: HeaderList = headers.some(([name]) => name.toLowerCase() === 'host')
    ? []
    : [['Host', 'hooks.example']]
  const lines = [...host, ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, 'latin1'),
    Buffer.from(body),
  ])
}

export const HEALTH = requestBytes('GET', '/health')

export interface Delivery {
  readonly target?: string
  readonly body?: Bytes
  readonly event?: string
  readonly id?: string
  readonly signature?: string
  readonly secret?: string
  /** Replace headers of the same name; an undefined value leaves it out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** A delivery as GitHub makes it, right in everything that is not said. */
export function delivery(parts: Delivery = {}): Buffer {
  const body = Buffer.from(parts.body ?? pushed())
  const headers = {
    'User-Agent': 'GitHub-Hookshot/044aadd',
    Accept: '*/*',
    'X-GitHub-Event': parts.event ?? 'package',
    'X-GitHub-Delivery': parts.id ?? '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'X-Hub-Signature-256': parts.signature ?? sign(body, parts.secret),
    'Content-Type': 'application/json',
    'Content-Length': String(body.length),
    ...parts.headers,
  }
  const list = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return requestBytes('POST', parts.target ?? '/hooks/github', list, body)
}

/** A call of the API; a `token` of '' sends none, and a body is sent as JSON. */
export function call(method: string, target: string, token: string, body?: object): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const json: HeaderList = [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(Buffer.byteLength(text))],
  ]
  return requestBytes(
    method,
    target,
    [
      ...(token === '' ? [] : [['Authorization', `Bearer ${token}`] as const]),
      ...(body === undefined ? [] : json),
    ],
    text,
  )
}

/** The body of a push: of ghcr.io/acme/web:latest, unless it is said of what. */
export const pushed = (reference = 'ghcr.io/acme/web:latest', more: object = {}): string =>
  JSON.stringify({
    action: 'published',
    package: {
      name: 'web',
      namespace: 'Acme',
      package_type: 'CONTAINER',
      ecosystem: 'CONTAINER',
      package_version: { metadata: [], package_url: reference },
    },
    ...more,
  })
