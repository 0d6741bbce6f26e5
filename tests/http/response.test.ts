// Answers, byte for byte: what is on the wire, in its order, and what is in every one of them.
import t from 'tap'
import { httpError } from '../../lib/errors.js'
import { formatResponse, jsonResponse, problemResponse } from '../../lib/http/response.js'

const ID = '0bf2ecb3-fa5d-4643-a6ba-8d2bf7cdb2eb'
const NOW = new Date('2026-01-31T12:34:56.789Z')
const bytes = (...lines: string[]): string => lines.join('\r\n')

t.test('JSON', async t => {
  const answer = jsonResponse(202, { status: 'accepted', unit: 'wéb' }, { Location: '/api/v1/tasks/1' })
  t.equal(
    formatResponse(answer, ID, NOW).toString(),
    bytes(
      'HTTP/1.1 202 Accepted',
      'Date: Sat, 31 Jan 2026 12:34:56 GMT',
      `X-Request-Id: ${ID}`,
      'Content-Type: application/json',
      'Location: /api/v1/tasks/1',
      'Content-Length: 36',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      '{"status":"accepted","unit":"wéb"}\n',
    ),
  )
})

t.test('a refusal is a problem document', async t => {
  const answer = problemResponse(httpError(405, 'method not allowed', { Allow: 'POST' }), { request_id: ID })
  t.equal(
    formatResponse(answer, ID, NOW).toString(),
    bytes(
      'HTTP/1.1 405 Method Not Allowed',
      'Date: Sat, 31 Jan 2026 12:34:56 GMT',
      `X-Request-Id: ${ID}`,
      'Content-Type: application/problem+json',
      'Allow: POST',
      'Content-Length: 147',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"method not allowed","request_id":"${ID}"}\n`,
    ),
  )
})

t.test('the answer to HEAD says how long the body would be, and has none', async t => {
  const whole = formatResponse(jsonResponse(200, { status: 'ok' }), ID, NOW).toString()
  const head = formatResponse(jsonResponse(200, { status: 'ok' }), ID, NOW, false).toString()
  t.equal(`${head}{"status":"ok"}\n`, whole)
  t.match(head, '\r\nContent-Length: 16\r\n')
})

t.test('an answer that nothing has changed has no length', async t => {
  const text = formatResponse({ status: 304, headers: { ETag: '"x"' }, body: '' }, ID, NOW).toString()
  t.notMatch(text, /Content-Length/i)
  t.match(text, /^HTTP\/1\.1 304 Not Modified\r\n/)
})

t.test('a status without a name', async t => {
  t.match(formatResponse(problemResponse(httpError(499, 'x')), ID, NOW).toString(), /^HTTP\/1\.1 499 \r\n/)
  t.match(problemResponse(httpError(499, 'x')).body, '"title":"Error"')
})

t.test('no answer can set what every answer has', async t => {
  const answer = jsonResponse(200, {}, { 'Content-Length': '999', Connection: 'keep-alive' })
  const text = formatResponse(answer, ID, NOW).toString()
  t.match(text, '\r\nContent-Length: 3\r\n')
  t.match(text, '\r\nConnection: close\r\n')
  t.notMatch(text, /999|keep-alive/)
})
