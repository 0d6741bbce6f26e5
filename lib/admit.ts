// Everything that the headers of a request can refuse by themselves, before its body is read.
import { type Refusal, refuse } from './errors.js'
import { type Headers, only, type Sender } from './senders/sender.js'

const MAX_HEADERS = 100
/** Sent twice, these would be read in two ways by two programs; Node keeps the first of some and joins others. */
const DECISIVE = ['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding']

interface Head {
  readonly headers: Headers
  readonly headerCount: number
}

/** The refusal, or undefined where the body may be read. */
export function refuseHead(
  { headers, headerCount }: Head,
  sender: Sender,
  maxBodyBytes: number,
): Refusal | undefined {
  if (headerCount > MAX_HEADERS) return refuse(431, `more than ${MAX_HEADERS} headers`)
  const twice = [...DECISIVE, ...sender.decisiveHeaders].find(name => (headers[name]?.length ?? 0) > 1)
  if (twice !== undefined) return refuse(400, `the header ${twice} was sent more than once`)
  if (Number(only(headers, 'content-length') ?? 0) > maxBodyBytes) {
    return refuse(413, `the body is longer than ${maxBodyBytes} bytes`)
  }
  if (headers['content-encoding'] !== undefined) return refuse(415, 'content encodings are not understood')
  if ((only(headers, 'transfer-encoding') ?? 'chunked').toLowerCase() !== 'chunked') {
    return refuse(415, 'the only transfer encoding understood is chunked')
  }
  const [type, ...parameters] = (only(headers, 'content-type') ?? '').toLowerCase().split(/\s*;\s*/)
  const utf8 = parameters.every(parameter => parameter === '' || /^charset="?utf-8"?$/.test(parameter))
  return sender.contentTypes.includes(type ?? '') && utf8 ? undefined : refuse(415, sender.contentTypeHint)
}
