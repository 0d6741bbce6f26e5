// Bad input, each with the status it deserves, and each leaving no task, no crash, no failed unit and no secret. They go
// through the built program over a pipe or a socket; the good request after each says that nothing was harmed.
import { createHmac } from 'node:crypto'
import { type Bytes, call, delivery, HEALTH, pushed, requestBytes, SECRET, sign } from '../support/request.js'
import type { Reply } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const BODY = pushed()
const TOKEN = 'token-of-the-refusals'
const raw = (text: string): Buffer => Buffer.from(text, 'latin1')
const hook = (headers: string, body = ''): Buffer =>
  raw(`POST /hooks/github HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`)
const signed = (body: Bytes): Buffer => delivery({ body })
const header = (name: string, value: string): Buffer => delivery({ headers: { [name]: value } })
const twice = (line: string): Buffer => raw(delivery().toString('latin1').replace('\r\n', `\r\n${line}\r\n`))
const sha = (algorithm: string, body: Bytes, secret = SECRET): string =>
  createHmac(algorithm, secret).update(body).digest('hex')
const hex = sign(BODY).slice('sha256='.length)
const withSignature = (signature: string): Buffer => delivery({ signature })
const many = Array.from({ length: 120 }, (_, index) => `a${index}: 1\r\n`).join('')

/** The reason, the bytes, the status. 0: closed without an answer. */
const HTTP: readonly (readonly [string, Buffer, number])[] = [
  ['GET on a hook', requestBytes('GET', '/hooks/github'), 405],
  ['PUT on a hook', requestBytes('PUT', '/hooks/github'), 405],
  ['HEAD on a hook', requestBytes('HEAD', '/hooks/github'), 405],
  ['TRACE', requestBytes('TRACE', '/hooks/github'), 405],
  [
    'OPTIONS with Origin',
    requestBytes('OPTIONS', '/hooks/github', [['Origin', 'https://evil.example']]),
    405,
  ],
  ['an unknown method', raw('BREW /hooks/github HTTP/1.1\r\nHost: x\r\n\r\n'), 400],
  ['a lower-case method', raw('post /hooks/github HTTP/1.1\r\nHost: x\r\n\r\n'), 400],
  [
    'smuggling: length and chunked',
    hook('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    400,
  ],
  ['two lengths', hook('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), 400],
  ['length +2', hook('Content-Length: +2\r\n', '{}'), 400],
  ['length 0x2', hook('Content-Length: 0x2\r\n', '{}'), 400],
  [
    'a bad chunk size',
    hook('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n', 'zz\r\n'),
    400,
  ],
  [
    'gzip, chunked',
    hook('Content-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    415,
  ],
  ['a length over the cap', hook('Content-Type: application/json\r\nContent-Length: 99999999\r\n'), 413],
  ['a body cut short', hook('Content-Type: application/json\r\nContent-Length: 99\r\n', '{'), 400],
  ['a header of 17 KiB', hook(`X-Long: ${'a'.repeat(17 * 1024)}\r\n`), 431],
  ['120 headers', hook(many), 431],
  ['1,900 tiny headers, a signature after them', hook('a:\r\n'.repeat(1900)), 431],
  ['no Host', raw('POST /hooks/github HTTP/1.1\r\n\r\n'), 400],
  ['two Hosts', twice('Host: evil.example'), 400],
  ['a bare line feed', raw('POST /hooks/github HTTP/1.1\nHost: x\n\n'), 400],
  ['a folded header', hook('X-A: 1\r\n b\r\n'), 400],
  ['a space before the colon', hook('X-A : 1\r\n'), 400],
  ['NUL in a header', hook('X-A: a\0b\r\n'), 400],
  ['absolute form', requestBytes('POST', 'http://evil.example/hooks/github'), 400],
  ['a double slash', delivery({ target: '//hooks/github' }), 404],
  ['dot segments', delivery({ target: '/hooks/%2e%2e/github' }), 404],
  ['a trailing slash', delivery({ target: '/hooks/github/' }), 404],
  ['capitals', delivery({ target: '/HOOKS/github' }), 404],
  ['a unit that is no name', delivery({ target: '/hooks/github/x$(id)' }), 404],
  ['a unit that is an option', delivery({ target: '/hooks/github/-H' }), 404],
  ['another content encoding', header('Content-Encoding', 'gzip'), 415],
  ['text/plain', header('Content-Type', 'text/plain'), 415],
  ['a form', header('Content-Type', 'application/x-www-form-urlencoded'), 415],
  ['utf-16', header('Content-Type', 'application/json; charset=utf-16'), 415],
  ['two content types', twice('Content-Type: text/plain'), 400],
  ['no content type', delivery({ headers: { 'Content-Type': undefined } }), 415],
  ['an odd Expect', header('Expect', 'something-else'), 417],
  ['a TLS hello', Buffer.from('16030100f8010000f40303', 'hex'), 400],
  ['HTTP/2', raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 400],
]

const SIGNATURES: readonly (readonly [string, Buffer, number])[] = [
  ['no signature', delivery({ headers: { 'X-Hub-Signature-256': undefined } }), 401],
  ['an empty one', withSignature(''), 401],
  ['the prefix alone, as Gitea sends without a secret', withSignature('sha256='), 401],
  ['under the empty key', withSignature(`sha256=${sha('sha256', BODY, '')}`), 401],
  [
    'SHA-1 alone',
    delivery({
      headers: { 'X-Hub-Signature-256': undefined, 'X-Hub-Signature': `sha1=${sha('sha1', BODY)}` },
    }),
    401,
  ],
  ['SHA-1 in its place', withSignature(`sha1=${sha('sha1', BODY)}`), 401],
  ['SHA-512 in its place', withSignature(`sha512=${sha('sha512', BODY)}`), 401],
  ['without its prefix', withSignature(hex), 401],
  ['in capitals', withSignature(`sha256=${hex.toUpperCase()}`), 401],
  ['63 digits', withSignature(`sha256=${hex.slice(1)}`), 401],
  ['65 digits', withSignature(`sha256=${hex}0`), 401],
  ['a g among them', withSignature(`sha256=g${hex.slice(1)}`), 401],
  ['followed by junk', withSignature(`sha256=${hex},x`), 401],
  ['sent twice, good and bad', twice(`X-Hub-Signature-256: sha256=${'0'.repeat(64)}`), 401],
  ['in base64', withSignature(`sha256=${Buffer.from(hex, 'hex').toString('base64')}`), 401],
  ['in Latin-1', withSignature('sha256=\u00e9'), 401],
  ['of the body and a newline', delivery({ signature: sign(`${BODY}\n`) }), 401],
  ['of another secret', delivery({ secret: 'another secret' }), 401],
  ['of the empty body, with one', withSignature(sign('')), 401],
  ['the token in the query', delivery({ target: '/hooks/github?token=x', signature: '' }), 401],
]

const CONTENTS: readonly (readonly [string, Buffer, number])[] = [
  ['an empty body, signed', signed(''), 400],
  ['not JSON', signed('package'), 400],
  ['null', signed('null'), 400],
  ['a list', signed('[]'), 400],
  ['a number', signed('1'), 400],
  ['a byte order mark', signed(`\ufeff${BODY}`), 400],
  ['invalid UTF-8', signed(Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}')])), 400],
  ['nested 100,000 deep', signed('['.repeat(100_000) + ']'.repeat(100_000)), 400],
  ['__proto__ and nothing else', signed('{"__proto__":{"package":{}}}'), 422],
  ['a package that is a text', signed('{"action":"published","package":"x"}'), 422],
  ['an action that is a number', signed(pushed(undefined, { action: 1 })), 422],
  [
    'a version that is a list',
    signed('{"action":"published","package":{"package_type":"container","package_version":[]}}'),
    200,
  ],
  ['no event', delivery({ headers: { 'X-GitHub-Event': undefined } }), 400],
  ['two events', twice('X-GitHub-Event: ping'), 400],
  ['another event', delivery({ event: 'push' }), 200],
  ['ping with the body of a push', delivery({ event: 'ping' }), 200],
  ['no delivery id', delivery({ headers: { 'X-GitHub-Delivery': undefined } }), 400],
  ['a delivery id that is a path', delivery({ id: '../../etc/passwd' }), 400],
  ['a delivery id of 10 kB', delivery({ id: 'a'.repeat(10_000) }), 400],
  ['a tag that is an option', signed(pushed('ghcr.io/acme/web:-rf')), 200],
  ['a tag with a command', signed(pushed('ghcr.io/acme/web:a;reboot')), 200],
  ['credentials in the reference', signed(pushed('user@ghcr.io/acme/web:latest')), 200],
  ['a look-alike host', signed(pushed('ghcr.io.evil.example/acme/web:latest')), 200],
  ['a homoglyph', signed(pushed('ghcr.io/acme/\u212aeb:latest')), 200],
  ['an escape sequence in the name', signed(pushed('ghcr.io/acme/web\u001b[31m:latest')), 200],
]

async function refused(
  t: Test,
  world: World,
  [reason, bytes, status]: readonly [string, Buffer, number],
): Promise<void> {
  const reply: Reply = await world.sendPipe(bytes)
  t.equal(reply.status, status, reason)
  t.equal(reply.exitCode, 0, `${reason}: the process ends well`)
  if (status === 405) t.ok(reply.headers['allow'], 'says what is allowed')
  t.equal(reply.headers['access-control-allow-origin'], undefined)
}

type Test = Parameters<Parameters<typeof journey>[1]>[0]

const TABLES = { HTTP, SIGNATURES, CONTENTS }

for (const [name, cases] of Object.entries(TABLES)) {
  for (const part of [0, 1]) {
    journey(`${name}, part ${part + 1}: refused, and nothing else happens`, async (t, world) => {
      world.setUnit('web.service', 'ghcr.io/acme/web:another', '0'.repeat(64))
      for (const one of cases.filter((_, index) => index % 2 === part)) await refused(t, world, one)
      t.equal((await world.sendPipe(HEALTH)).status, 200, 'the next good request is answered')
      t.strictSame(world.tasks(), [], 'there is no task')
      t.strictSame(world.calls('systemd-run'), [], 'nothing was started')
      const expected = cases.filter((_, index) => index % 2 === part).map(([, , status]) => status)
      const statuses = world.events().map(({ status }) => status)
      t.strictSame(statuses.reverse(), expected, 'each is in the event log')
    })
  }
}

journey(
  'every 401 has the same body, whatever was wrong, and whoever asked',
  async (t, world) => {
    const calls = ['', 'wrong', TOKEN.slice(1)].map(token => call('GET', '/api/v1/units', token))
    const all = [...SIGNATURES.map(([, bytes]) => bytes), ...calls, call('POST', '/auto-update', 'wrong')]
    const replies = await Promise.all(all.map(bytes => world.sendPipe(bytes)))
    t.strictSame([...new Set(replies.map(({ status }) => status))], [401])
    t.strictSame(
      [...new Set(replies.map(({ body }) => body))],
      [
        '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"the credentials are missing or wrong"}\n',
      ],
    )
  },
  { WEBHOOK_TOKEN: TOKEN },
)
