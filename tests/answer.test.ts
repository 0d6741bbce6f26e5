// Answers, byte for byte: what is on the wire, in its order, and what is in every one of them.
import t from 'tap'
import { formatAnswer, json, problem } from '../lib/answer.js'
import { refuse } from '../lib/errors.js'

const ID = '0bf2ecb3-fa5d-4643-a6ba-8d2bf7cdb2eb'
const NOW = new Date('2026-01-31T12:34:56.789Z')
const bytes = (...lines: string[]): string => lines.join('\r\n')

t.test('JSON', async t => {
  const answer = json(202, { status: 'accepted', unit: 'wéb' }, { Location: '/api/v1/tasks/1' })
  t.equal(
    formatAnswer(answer, ID, NOW).toString(),
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
  const answer = problem(refuse(405, 'no such method here', { Allow: 'POST' }), { request_id: ID })
  t.equal(
    formatAnswer(answer, ID, NOW).toString(),
    bytes(
      'HTTP/1.1 405 Method Not Allowed',
      'Date: Sat, 31 Jan 2026 12:34:56 GMT',
      `X-Request-Id: ${ID}`,
      'Content-Type: application/problem+json',
      'Allow: POST',
      'Content-Length: 148',
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"no such method here","request_id":"${ID}"}\n`,
    ),
  )
})

t.test('the answer to HEAD says how long the body would be, and has none', async t => {
  const whole = formatAnswer(json(200, { status: 'ok' }), ID, NOW).toString()
  const head = formatAnswer(json(200, { status: 'ok' }), ID, NOW, false).toString()
  t.equal(`${head}{"status":"ok"}\n`, whole)
  t.match(head, '\r\nContent-Length: 16\r\n')
})

t.test('a status without a name', async t => {
  t.match(formatAnswer(problem(refuse(499, 'x')), ID, NOW).toString(), /^HTTP\/1\.1 499 \r\n/)
  t.match(problem(refuse(499, 'x')).body, '"title":"Error"')
})

t.test('no answer can set what every answer has', async t => {
  const answer = json(200, {}, { 'Content-Length': '999', Connection: 'keep-alive' })
  const text = formatAnswer(answer, ID, NOW).toString()
  t.match(text, '\r\nContent-Length: 3\r\n')
  t.match(text, '\r\nConnection: close\r\n')
  t.notMatch(text, /999|keep-alive/)
})
