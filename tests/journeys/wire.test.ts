// Bytes that are no proper request, over TCP as systemd hands it over: each gets one answer or none, whole, from a
// process that ends well, and the next client is served. What a person could write with curl is in refusals.test.ts.
import { matchAll } from '../support/match-all.js'
import { delivery, HEALTH, pushed, requestBytes } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const raw = (text: string): Buffer => Buffer.from(text, 'latin1')
const get = (headers: string): Buffer => raw(`GET /health HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
const path = (target: string): Buffer => raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
const hook = (headers: string, body = ''): Buffer =>
  raw(`POST /hooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`)
const signed = (body: string): Buffer => delivery({ body })
const nested = '['.repeat(100_000) + ']'.repeat(100_000)

interface Row {
  readonly why: string
  readonly bytes: Buffer
  /** 0: the connection is closed without an answer. */
  readonly status: number
  /** The client says that it has nothing more to send. */
  readonly end?: boolean
}
const row = (why: string, status: number, bytes: Buffer, end = false): Row => ({ why, status, bytes, end })

const MALFORMED: readonly Row[] = [
  row('CONNECT', 405, raw('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')),
  row('OPTIONS *', 400, raw('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n')),
  row('a version to come', 400, raw('GET /health HTTP/1.2\r\nHost: x\r\n\r\n')),
  row('HTTP/0.9, whose path may be anything, and would be kept', 400, raw('GET /health\r\n\r\n')),
  row(
    'HTTP/0.9, and what was to be a header is its path',
    400,
    raw('GET /Authorization:Bearer-token\r\n\r\n'),
  ),
  row('SSH', 400, raw('SSH-2.0-OpenSSH_9.2\r\n')),
  row('SMTP', 400, raw('EHLO x\r\n')),
  row('SOCKS', 400, Buffer.of(5, 1, 0)),
  row('zeros', 400, Buffer.alloc(1000)),
  row('bare carriage returns', 400, raw('GET /health HTTP/1.1\rHost: x\r\r')),
  row('NUL in the path', 400, path('/hea\0lth')),
  row('an escape sequence in the path', 400, path('/\u001b[31m')),
  row('Latin-1 in the path', 400, path('/h\u00e9alth')),
  row('a space in the path', 400, path('/a b')),
  row('a fragment', 400, path('/health#x')),
  row('a path of 17 KiB', 431, path(`/${'a'.repeat(17 * 1024)}`)),
  row('Host twice, in two cases', 400, hook('HOST: y\r\nContent-Length: 0\r\n')),
  row('no Host', 400, raw('GET /health HTTP/1.1\r\n\r\n')),
  row('no name', 400, get(': value\r\n')),
  row('no colon', 400, get('X-A\r\n')),
  row('a carriage return in a value', 400, get('X-A: a\rX-B: b\r\n')),
  row('the same length twice', 400, hook('Content-Length: 2\r\nContent-Length: 2\r\n', '{}')),
  row('a list of lengths', 400, hook('Content-Length: 2, 2\r\n', '{}')),
  row('a negative length', 400, hook('Content-Length: -1\r\n', '{}')),
  row('no length in its header', 400, hook('Content-Length: \r\n', '{}')),
  row('a length beyond all numbers', 400, hook(`Content-Length: ${'9'.repeat(30)}\r\n`)),
  row('an unknown coding', 400, hook('Transfer-Encoding: xchunked\r\n')),
  row('the coding that is none', 400, hook('Transfer-Encoding: identity\r\n')),
  row('chunked twice', 400, hook('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')),
  row('chunked in two headers', 400, hook('Transfer-Encoding: chunked\r\n'.repeat(2), '0\r\n\r\n')),
  row('a chunk longer than it says', 400, hook('Transfer-Encoding: chunked\r\n', '1\r\nab\r\n0\r\n\r\n')),
  row(
    'a chunk extension of 20 kB',
    400,
    hook('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(20_000)}\r\na\r\n`),
  ),
  row(
    'an upgrade of a hook',
    405,
    raw('GET /hooks/github HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  ),
  row('an expectation of /health', 417, get('Expect: tea\r\n')),
]

const ENDING: readonly Row[] = [
  row('nothing at all', 0, raw(''), true),
  row('half a request line', 0, raw('GET /hea'), true),
  row('half the headers', 0, raw('GET /health HTTP/1.1\r\nHost: x\r\n'), true),
  row('half the body', 400, hook('Content-Length: 20\r\n', '{"action"'), true),
  row('half a chunk', 400, hook('Transfer-Encoding: chunked\r\n', '10\r\nab'), true),
  row('no last chunk', 400, hook('Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n'), true),
]

const ODD_CONTENT: readonly Row[] = [
  row(
    'nested 100,000 deep in an unknown member',
    200,
    signed(pushed(undefined, { x: 0 }).replace('"x":0', `"x":${nested}`)),
  ),
  row(
    'nested 100,000 deep in the place of the package',
    422,
    signed(`{"action":"published","package":null,"x":${nested}}`),
  ),
  row(
    'a key twice: the last one counts, for the bytes are what is signed',
    200,
    signed(pushed().replace('{', '{"action":1,')),
  ),
  row(
    'members of every prototype',
    200,
    signed(pushed(undefined, { constructor: { prototype: { x: 1 } }, toString: 1 })),
  ),
  row(
    'numbers beyond all integers',
    200,
    signed(pushed().replace('{', '{"id":123456789012345678901234567890,')),
  ),
  row(
    'other parts of other types',
    200,
    signed(pushed(undefined, { repository: [], sender: 5, organization: 'x' })),
  ),
  row('a lone surrogate', 200, signed(pushed('ghcr.io/acme/web:\ud800'))),
  row('characters that turn the writing round', 200, signed(pushed('ghcr.io/acme/\u202eweb:latest'))),
  row(
    '10,000 tags',
    200,
    signed(
      pushed('').replace(
        '"metadata":[]',
        `"metadata":{"container":{"tags":${JSON.stringify(Array(10_000).fill('v'))}}}`,
      ),
    ),
  ),
  row('two objects', 400, signed(`${pushed()}${pushed()}`)),
  row('UTF-16', 400, delivery({ body: Buffer.from(pushed(), 'utf16le') })),
]

const LANES = 4
const TABLES = { MALFORMED, ENDING, ODD_CONTENT }

for (const [name, rows] of Object.entries(TABLES)) {
  journey(name.toLowerCase().replace('_', ' '), async (t, world) => {
    world.setUnit('web.service', 'ghcr.io/acme/another:latest', '0'.repeat(64))
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (const one of rows.filter((_, index) => index % LANES === lane)) {
        t.strictSame(
          await outcome(world, one),
          { status: one.status, answers: one.status === 0 ? 0 : 1 },
          one.why,
        )
        t.equal((await world.send(HEALTH)).status, 200, 'the next client is served')
      }
    })
    await Promise.all(lanes)
    t.strictSame(world.tasks(), [], 'there is no task')
    t.strictSame(world.calls('systemd-run'), [], 'nothing was started')
  })
}

/** What the client saw; anything that is wrong with the end of it is said beside. */
async function outcome(world: World, { bytes, end }: Row): Promise<object> {
  const reply = await world.send(bytes, socket => (end ? socket.end(bytes) : socket.write(bytes)))
  const { status, exitCode, trouble, headers } = reply
  const answers = reply.raw.toString('latin1').split(/^HTTP\/1\.1 /m).length - 1
  const whole = status === 0 || headers['content-length'] === String(Buffer.byteLength(reply.body))
  const named = status === 0 || /^[0-9a-f-]{36}$/.test(headers['x-request-id'] ?? '')
  const well = exitCode === 0 && trouble === undefined && whole && named
  return { status, answers, ...(well ? {} : { exitCode, trouble, whole, named }) }
}

journey('a client that leaves without asking is not worth a line, nor a file', async (t, world) => {
  const { stderr, raw: answer } = await world.send(Buffer.alloc(0), socket => socket.end())
  t.equal(stderr, '')
  t.equal(answer.length, 0)
  t.strictSame(world.events(), [])
})

journey('what is malformed is in the event log, without what it was', async (t, world) => {
  await world.send(requestBytes('GET', '/\u001b[31mtoken'))
  matchAll(t, world.events(), [{ status: 400, action: 'malformed', method: '', path: '' }])
})
