// Everything that the head of a request can refuse by itself, before its body is read.
import { type Refusal, refuse } from './errors.js'
import type { Route } from './route.js'
import { type Headers, only, type Sender } from './senders/sender.js'

const MAX_HEADERS = 100
/** Sent twice, these would be read in two ways by two programs; Node keeps the first of some and joins others. */
const DECISIVE = ['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding']

export interface Head {
  readonly headers: Headers
  readonly headerCount: number
}

/** The refusal, or undefined where the body may be read. `sender` is the one of a hook. Credentials are judged later. */
export function refuseHead(
  { headers, headerCount }: Head,
  kind: Route['kind'],
  sender: Sender | undefined,
  maxBodyBytes: number,
): Refusal | undefined {
  if (headerCount > MAX_HEADERS) return refuse(431, `more than ${MAX_HEADERS} headers`)
  const decisive = [...DECISIVE, ...(sender?.decisiveHeaders ?? [])]
  const twice = decisive.find(name => (headers[name]?.length ?? 0) > 1)
  if (twice !== undefined) return refuse(400, `the header ${twice} was sent more than once`)
  if (Number(only(headers, 'content-length') ?? 0) > maxBodyBytes) {
    return refuse(413, `the body is longer than ${maxBodyBytes} bytes`)
  }
  if (headers['content-encoding'] !== undefined) return refuse(415, 'content encodings are not understood')
  if ((only(headers, 'transfer-encoding') ?? 'chunked').toLowerCase() !== 'chunked') {
    return refuse(415, 'the only transfer encoding understood is chunked')
  }
  return refuseType(headers, kind, sender)
}

function refuseType(headers: Headers, kind: Route['kind'], sender: Sender | undefined): Refusal | undefined {
  const [type, ...parameters] = (only(headers, 'content-type') ?? '').toLowerCase().split(/\s*;\s*/)
  const utf8 = parameters.every(parameter => parameter === '' || /^charset="?utf-8"?$/.test(parameter))
  if (sender !== undefined) {
    return sender.contentTypes.includes(type ?? '') && utf8 ? undefined : refuse(415, sender.contentTypeHint)
  }
  // `curl -X POST` without a body asks with the defaults, and sends no type.
  const empty =
    headers['transfer-encoding'] === undefined && Number(only(headers, 'content-length') ?? 0) === 0
  if (kind !== 'trigger' || empty || (type === 'application/json' && utf8)) return undefined
  return refuse(415, 'send the body as application/json')
}
