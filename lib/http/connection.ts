// One connection: fd 0 when it is a socket, fd 0 and fd 1 when they are pipes or files. Node's own parser reads it
// (llhttp), but a server that never listens enforces no timeouts, so there is one hard deadline here. Exactly one
// answer is written; what the client is still sending is then drained, or the kernel would reset the answer away.
import { fstatSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type HttpError, httpError } from '../errors.js'
import type { Headers } from './headers.js'
import { formatResponse, type HttpResponse, problemResponse } from './response.js'

const NO_HTTP = 'not a well-formed HTTP/1.1 request'
const MAX_HEADER_BYTES = 16 * 1024
const DEFAULT_DEADLINE_MS = 10_000
const DRAIN_MS = 1000 // long enough for what is in flight, short enough to be no way of holding a process

export interface Incoming {
  readonly method: string
  readonly target: string
  readonly headers: Headers
  /** Header lines received, duplicates included. Node keeps about the first thousand, silently. */
  readonly headerCount: number
  /** The body, or 413 as soon as it is longer than `maxBytes`. Waits for ever where it never ends: see the deadline. */
  readonly readBody: (maxBytes: number) => Promise<Buffer | HttpError>
  /** Puts the deadline off, for an answer that is meant to come late. */
  readonly allowMs: (ms: number) => void
}

export interface Serving {
  /**
   * Asked where the head of the request is not there at once; where it rejects there is a default. The body's deadline is
   * for `handle` to set.
   */
  readonly deadlineMs: () => Promise<number>
  readonly requestId: string
}

/**
 * Serves one request: `handle` decides, malformed bytes are answered 400 or 431, silence 408, and a handler that is
 * not done in time 503. Gives what was answered (undefined: the client left without asking), once it is written and
 * the client's remaining bytes are drained.
 */
export async function serveConnection(
  handle: (request: Incoming) => Promise<HttpResponse>,
  { deadlineMs, requestId }: Serving,
): Promise<HttpResponse | undefined> {
  const stream = openStream()
  let message: IncomingMessage | undefined
  let timer: NodeJS.Timeout | undefined
  const answer = await new Promise<HttpResponse | undefined>((resolve, reject) => {
    const arm = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => resolve(late(message)), ms)
    }
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false }) // see refuseFirst
    Object.assign(server, { httpAllowHalfOpen: true }) // `serve < file` ends its input before we have answered
    const first = (received: IncomingMessage, respond?: () => void) => {
      if (message !== undefined) return received.resume() // pipelined: never processed
      message = received
      const refusal = refuseFirst(received)
      if (refusal !== undefined) return resolve(problemResponse(refusal))
      return handle({ ...readIncoming(received, respond), allowMs: arm }).then(resolve, reject)
    }
    server.on('request', received => first(received))
    server.on('checkExpectation', received => first(received))
    server.on('checkContinue', (received, response) => first(received, () => response.writeContinue()))
    server.on('connect', () =>
      resolve(problemResponse(httpError(405, 'method not allowed', { Allow: 'GET, HEAD, POST' }))),
    )
    server.on('clientError', error => {
      if (message?.complete) return // whole and in hand: what follows, be it garbage or a reset, is not about it
      resolve(isGone(error) ? undefined : problemResponse(malformed(error)))
    })
    stream.on('end', () => message ?? resolve(undefined)).on('close', () => message ?? resolve(undefined))
    server.emit('connection', stream)
    // A head that has arrived with the connection is read before this: it waits for nothing, nor needs to know how long.
    setImmediate(async () => {
      if (message === undefined) arm(await deadlineMs().catch(() => DEFAULT_DEADLINE_MS))
    })
  })
  clearTimeout(timer)
  if (answer !== undefined) {
    await write(stream, formatResponse(answer, requestId, new Date(), message?.method !== 'HEAD'))
    if (message?.complete !== true) await drain(stream, message)
  }
  return answer
}

function openStream(): Duplex {
  const stream = fstatSync(0).isSocket()
    ? new Socket({ fd: 0, allowHalfOpen: true })
    : Duplex.from({ readable: process.stdin, writable: process.stdout })
  // A client that is gone cannot be told; its request, once whole, is carried out all the same.
  stream.on('error', () => {})
  // execa looks at process.stdin when it is loaded, which would open fd 0 a second time, and fail.
  if (stream instanceof Socket) Object.defineProperty(process, 'stdin', { value: stream })
  return stream
}

function readIncoming(message: IncomingMessage, respond?: () => void): Omit<Incoming, 'allowMs'> {
  return {
    method: message.method ?? '',
    target: message.url ?? '',
    headers: message.headersDistinct,
    headerCount: message.rawHeaders.length / 2,
    readBody: maxBytes =>
      new Promise(resolve => {
        const chunks: Buffer[] = []
        let size = 0
        respond?.()
        message.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= maxBytes) chunks.push(chunk)
          else resolve(httpError(413, `the body is longer than ${maxBytes} bytes`))
        })
        message.on('end', () => resolve(Buffer.concat(chunks)))
        message.on('error', () => {}) // a body cut short is told by clientError
      }),
  }
}

/**
 * What Node would otherwise answer by itself, in no log, and with a second answer of ours after its 417; and HTTP/0.9, which it
 * takes: a target up to the end of the line, which may then be anything, to be logged as a path.
 */
function refuseFirst({ httpVersion, headers }: IncomingMessage): HttpError | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return httpError(400, NO_HTTP)
  if (httpVersion === '1.1' && headers.host === undefined) return httpError(400, 'the Host header is missing')
  const { expect } = headers
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined
  return httpError(417, 'only 100-continue can be expected here')
}

const isGone = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE'

function malformed(error: NodeJS.ErrnoException): HttpError {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return httpError(431, `the headers are longer than ${MAX_HEADER_BYTES} bytes`)
  return httpError(400, NO_HTTP)
}

function late(message: IncomingMessage | undefined): HttpResponse {
  if (message?.complete) return problemResponse(httpError(503, 'this took too long', { 'Retry-After': '10' }))
  return problemResponse(httpError(408, 'the request did not arrive in time'))
}

function write(stream: Duplex, bytes: Buffer): Promise<void> {
  return new Promise(resolve => {
    stream.on('close', resolve).on('error', () => resolve())
    stream.end(bytes, () => resolve())
  })
}

function drain(stream: Duplex, message: IncomingMessage | undefined): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return Promise.resolve() // neither will be told again
  return new Promise(resolve => {
    const timer = setTimeout(resolve, DRAIN_MS)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    stream.on('end', done).on('close', done).on('error', done)
    message?.resume()
    stream.resume()
  })
}
