// Pure: everything that the head of a request is enough to refuse, before its body is read.
import { type HttpError, httpError } from '../errors.js'
import { type Headers, singleHeader } from '../http/headers.js'
import type { Sender } from '../senders/known/reading/sender.js'
import type { Route } from './route.js'

const MAX_HEADERS = 100
/** Sent twice, these would be read in two ways by two programs; Node keeps the first of some and joins others. */
const SINGLETON_HEADERS = ['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding']

export interface Head {
  readonly headers: Headers
  readonly headerCount: number
}

/** The error, or undefined where the body may be read. `sender` is the one of a hook. Credentials are judged later. */
export function validateHead(
  { headers, headerCount }: Head,
  kind: Route['kind'],
  sender: Sender | undefined,
  maxBodyBytes: number,
): HttpError | undefined {
  if (headerCount > MAX_HEADERS) return httpError(431, `more than ${MAX_HEADERS} headers`)
  const decisive = [...SINGLETON_HEADERS, ...(sender?.decisiveHeaders ?? [])]
  const twice = decisive.find(name => (headers[name]?.length ?? 0) > 1)
  if (twice !== undefined) return httpError(400, `the header ${twice} was sent more than once`)
  if (Number(singleHeader(headers, 'content-length') ?? 0) > maxBodyBytes) {
    return httpError(413, `the body is longer than ${maxBodyBytes} bytes`)
  }
  if (headers['content-encoding'] !== undefined) return httpError(415, 'content encodings are not supported')
  if ((singleHeader(headers, 'transfer-encoding') ?? 'chunked').toLowerCase() !== 'chunked') {
    return httpError(415, 'the only supported transfer encoding is chunked')
  }
  return validateContentType(headers, kind, sender)
}

function validateContentType(
  headers: Headers,
  kind: Route['kind'],
  sender: Sender | undefined,
): HttpError | undefined {
  const [type, ...parameters] = (singleHeader(headers, 'content-type') ?? '').toLowerCase().split(/\s*;\s*/)
  const utf8 = parameters.every(parameter => parameter === '' || /^charset="?utf-8"?$/.test(parameter))
  if (sender !== undefined) {
    return sender.contentTypes.includes(type ?? '') && utf8
      ? undefined
      : httpError(415, sender.contentTypeHint)
  }
  // `curl -X POST` without a body asks with the defaults, and sends no type.
  const empty =
    headers['transfer-encoding'] === undefined && Number(singleHeader(headers, 'content-length') ?? 0) === 0
  if (kind !== 'trigger' || empty || (type === 'application/json' && utf8)) return undefined
  return httpError(415, 'send the body as application/json')
}
