// Pure: responses as bytes. JSON in, JSON out, but for the page; an error is a problem document (RFC 9457). Every response ends the
// connection.
import { STATUS_CODES } from 'node:http'
import type { HttpError } from '../errors.js'
import { toJsonLine } from '../json.js'

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function jsonResponse(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: toJsonLine(body),
  }
}

/** `extra` are members of the problem document beside the standard ones. */
export function problemResponse({ status, detail, headers }: HttpError, extra: object = {}): HttpResponse {
  const document = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, ...extra }
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: toJsonLine(document),
  }
}

/** The whole response, RFC 9112. `withBody` is false for HEAD, which still says how long the body would be; 304 has none, and no length. */
export function formatResponse(answer: HttpResponse, requestId: string, now: Date, withBody = true): Buffer {
  const body = Buffer.from(answer.body)
  const headers = {
    Date: now.toUTCString(),
    'X-Request-Id': requestId,
    ...answer.headers,
    ...(answer.status !== 304 && { 'Content-Length': String(body.length) }),
    'Cache-Control': answer.headers['Cache-Control'] ?? 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), withBody ? body : Buffer.alloc(0)])
}
