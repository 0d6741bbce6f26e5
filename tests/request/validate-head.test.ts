// What the head of a delivery is refused for, before a byte of its body is read. Credentials are not among it.
import t from 'tap'
import type { Headers } from '../../lib/http/headers.js'
import { validateHead } from '../../lib/request/validate-head.js'
import { github } from '../../lib/senders/known/github.js'

const CAP = 1000

const GOOD = { host: ['h'], 'content-type': ['application/json'], 'content-length': ['10'] }
const status = (headers: Headers, headerCount = 10): number =>
  validateHead({ headers, headerCount }, 'hook', github, CAP)?.status ?? 0

t.test('headers', async t => {
  const rows: readonly (readonly [why: string, headers: Headers, status: number])[] = [
    ['a good one', {}, 0],
    ['without a length', { 'content-length': undefined }, 0],
    ['chunked', { 'content-length': undefined, 'transfer-encoding': ['chunked'] }, 0],
    ['chunked, in another case', { 'content-length': undefined, 'transfer-encoding': ['Chunked'] }, 0],
    ['the cap', { 'content-length': ['1000'] }, 0],
    ['the media type in another case', { 'content-type': ['Application/JSON'] }, 0],
    ['UTF-8', { 'content-type': ['application/json; charset=utf-8'] }, 0],
    ['UTF-8 in quotes', { 'content-type': ['application/json;charset="UTF-8"'] }, 0],
    ['spaces around the semicolon', { 'content-type': ['application/json ;  charset=utf-8'] }, 0],
    ['a semicolon at the end', { 'content-type': ['application/json;'] }, 0],
    ['a header of no importance twice', { 'x-forwarded-for': ['1.2.3.4', '5.6.7.8'] }, 0],
    ['an origin that is claimed', { 'x-forwarded-for': ['127.0.0.1'] }, 0],
    ['no signature, which is judged later', { 'x-hub-signature-256': undefined }, 0],
    ['the signature twice, which is judged later, as 401', { 'x-hub-signature-256': ['a', 'b'] }, 0],
    ['one more than the cap', { 'content-length': ['1001'] }, 413],
    ['a length beyond all numbers', { 'content-length': ['9'.repeat(400)] }, 413],
    ['two hosts', { host: ['a', 'b'] }, 400],
    ['two lengths', { 'content-length': ['10', '10'] }, 400],
    ['two media types', { 'content-type': ['application/json', 'application/json'] }, 400],
    ['two content encodings', { 'content-encoding': ['gzip', 'gzip'] }, 400],
    ['two transfer encodings', { 'transfer-encoding': ['chunked', 'chunked'] }, 400],
    ['two events: ping and package', { 'x-github-event': ['ping', 'package'] }, 400],
    ['two delivery ids', { 'x-github-delivery': ['a', 'b'] }, 400],
    ['a bomb', { 'content-encoding': ['gzip'] }, 415],
    ['even no encoding by name', { 'content-encoding': ['identity'] }, 415],
    ['gzip as a transfer encoding', { 'transfer-encoding': ['gzip, chunked'] }, 415],
    ['no media type', { 'content-type': undefined }, 415],
    ['an empty media type', { 'content-type': [''] }, 415],
    ['a form, which GitHub can be set to', { 'content-type': ['application/x-www-form-urlencoded'] }, 415],
    ['plain text', { 'content-type': ['text/plain'] }, 415],
    ['text/json', { 'content-type': ['text/json'] }, 415],
    ['a form with files', { 'content-type': ['multipart/form-data; boundary=x'] }, 415],
    ['UTF-16', { 'content-type': ['application/json; charset=utf-16'] }, 415],
    ['a charset that begins like it', { 'content-type': ['application/json; charset=utf-8x'] }, 415],
    ['a parameter that ends like it', { 'content-type': ['application/json; xcharset=utf-8'] }, 415],
    ['two charsets', { 'content-type': ['application/json; charset=utf-8; charset=utf-16'] }, 415],
    ['an unknown parameter', { 'content-type': ['application/json; version=1'] }, 415],
    ['a list of types', { 'content-type': ['application/json, text/plain'] }, 415],
  ]
  for (const [why, headers, expected] of rows) t.equal(status({ ...GOOD, ...headers }), expected, why)
})

t.test('a call of the API sends JSON, or nothing', async t => {
  const rows: readonly (readonly [why: string, headers: Headers, status: number])[] = [
    ['JSON', GOOD, 0],
    ['JSON in UTF-8', { ...GOOD, 'content-type': ['application/json; charset=utf-8'] }, 0],
    ['JSON in UTF-16', { ...GOOD, 'content-type': ['application/json; charset=utf-16'] }, 415],
    ['nothing, by curl -X POST', { host: ['h'] }, 0],
    ['nothing, and that of a type', { 'content-length': ['0'], 'content-type': ['text/plain'] }, 0],
    ['a form', { 'content-length': ['1'], 'content-type': ['application/x-www-form-urlencoded'] }, 415],
    ['something without a type', { 'content-length': ['1'] }, 415],
    ['who knows how much without a type', { 'transfer-encoding': ['chunked'] }, 415],
    ['two media types', { ...GOOD, 'content-type': ['application/json', 'text/plain'] }, 400],
  ]
  const asked = (headers: Headers, kind: 'trigger' | 'auto-update') =>
    validateHead({ headers, headerCount: 3 }, kind, undefined, CAP)
  for (const [why, headers, expected] of rows) t.equal(asked(headers, 'trigger')?.status ?? 0, expected, why)
  t.equal(asked({ 'content-length': ['1'] }, 'auto-update'), undefined, 'a body that nobody reads')
})

t.test('how many', async t => {
  t.equal(status(GOOD, 100), 0)
  t.equal(status(GOOD, 101), 431)
  t.equal(status({ ...GOOD, 'content-length': ['1001'] }, 101), 431, 'before all else')
})

t.test('what is said about the media type helps whoever configures the sender', async t => {
  t.match(
    validateHead(
      { headers: { ...GOOD, 'content-type': ['text/plain'] }, headerCount: 3 },
      'hook',
      github,
      CAP,
    ),
    {
      detail: 'set the content type of the webhook to application/json',
    },
  )
})
