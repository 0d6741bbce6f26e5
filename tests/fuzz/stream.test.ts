// Byte streams into the built program, each into a process of its own, as systemd starts one for each connection: noise,
// good requests with bytes changed, and rightly signed deliveries that say anything. Half a minute for each
// thousand in `make fuzz`; FUZZ_STREAMS says how many. What fails is shown as bytes that can be sent again.
import fc from 'fast-check'
import t from 'tap'
import { SEED } from '../support/fuzz.js'
import { matchAll } from '../support/match-all.js'
import { delivery, HEALTH, requestBytes } from '../support/request.js'
import { journey } from '../support/world.js'
import { event, payload } from './delivery.js'

const STREAMS = Number(process.env['FUZZ_STREAMS'] ?? 100)
const LANES = 6
const DEADLINE_SECS = 5
/** On a busy machine: the start of a process, the drain, and the row in the store, which may wait for others. */
const GRACE_MS = 40_000
const TOKEN = 'fuzz-token-3f1c-of-streams'
const API = 'fuzz-api-77aa-of-the-api-of-streams'

t.setTimeout(1_800_000)

const bearer = ['Authorization', `Bearer ${API}`] as const
const GOOD = [
  HEALTH,
  delivery(),
  delivery({ target: '/hooks/github/web/redeploy' }),
  requestBytes('POST', '/auto-update', [['Authorization', `Bearer ${TOKEN}`]]),
  requestBytes('GET', '/api/v1/units', [bearer]),
  requestBytes('GET', '/api/v1/tasks?limit=3&since=2h', [bearer]),
  requestBytes('GET', '/api/v1/tasks/1?wait=1', [bearer]),
  requestBytes('GET', '/api/v1/events?status=202', [bearer]),
  requestBytes('POST', '/api/v1/units/web/trigger', [bearer, ['Content-Length', '16']], '{"dry_run":true}'),
]

/** One change: at a place (in thousandths), so many bytes are replaced by others. */
const change = fc.record({
  place: fc.nat(999),
  length: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(200)),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc
      .constantFrom(
        '\r\n',
        '\n',
        '\r\n\r\n',
        ':',
        ' ',
        '\0',
        '\t',
        'Transfer-Encoding: chunked\r\n',
        'Expect: x\r\n',
      )
      .map(it => Buffer.from(it)),
  ),
})
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never

function changed(bytes: Buffer, { place, length, put }: Change): Buffer {
  const at = Math.floor((bytes.length * place) / 1000)
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)])
}

/** `signed` ones come as they should, so their answer is known better. */
interface Input {
  readonly bytes: Buffer
  readonly signed: boolean
  /** Whether the client says that it has sent all; otherwise it waits. */
  readonly ends: boolean
}

const signed = fc
  .tuple(event, payload, fc.uuid())
  .map(([name, value, id]) => delivery({ event: name, id, body: JSON.stringify(value) }))
const noise = fc.uint8Array({ maxLength: 300 }).map(it => Buffer.from(it))
const mutated = fc
  .tuple(fc.constantFrom(...GOOD), fc.array(change, { minLength: 1, maxLength: 4 }))
  .map(([bytes, changes]) => changes.reduce(changed, bytes))
const inputs: fc.Arbitrary<Input> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ bytes: signed, signed: fc.constant(true), ends: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ bytes: mutated, signed: fc.constant(false), ends: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ bytes: noise, signed: fc.constant(false), ends: fc.boolean() }) },
)

const SETTINGS = {
  WEBHOOK_REDEPLOY: '1',
  WEBHOOK_TOKEN: TOKEN,
  WEBHOOK_MANUAL_TOKEN: API,
  WEBHOOK_REQUEST_TIMEOUT_SECS: String(DEADLINE_SECS),
  WEBHOOK_IMAGE_LIMIT_COUNT: '100000',
  WEBHOOK_LIMIT1_COUNT: '100000',
  WEBHOOK_LIMIT2_COUNT: '100000',
}
const EXPECTED = [200, 202, 400, 401, 404, 405, 408, 413, 415, 417, 422, 431]

journey(
  `${STREAMS} byte streams: an answer or a clean close`,
  async (t, world) => {
    t.comment(`FUZZ_SEED=${SEED}`)
    world.setUnit('web.service', 'ghcr.io/acme/web:latest', '0'.repeat(64))
    const counts = new Map<number, number>()
    const wrong: object[] = []
    const todo = fc.sample(inputs, { seed: SEED, numRuns: STREAMS })

    const send = async ({ bytes, signed, ends }: Input): Promise<void> => {
      const started = Date.now()
      const reply = await world.send(bytes, socket => (ends ? socket.end(bytes) : socket.write(bytes)))
      const { status, raw, headers, body, exitCode, trouble } = reply
      counts.set(status, (counts.get(status) ?? 0) + 1)
      const isHead = bytes.subarray(0, 5).toString() === 'HEAD '
      const whole =
        headers['content-length'] === String(isHead ? headers['content-length'] : Buffer.byteLength(body))
      const busy = status === 503 && headers['retry-after'] !== undefined
      const answered = (EXPECTED.includes(status) || busy) && whole
      const good = signed ? [200, 202, 400, 422].includes(status) || busy : raw.length === 0 || answered
      const inTime = Date.now() - started < DEADLINE_SECS * 1000 + GRACE_MS
      if (good && exitCode === 0 && inTime && trouble === undefined && !/bug:/.test(reply.stderr)) return
      wrong.push({
        bytes: bytes.toString('latin1'),
        ends,
        status,
        exitCode,
        trouble,
        stderr: reply.stderr,
        inTime,
      })
    }
    const lane = async (): Promise<void> => {
      for (let next = todo.pop(); next !== undefined; next = todo.pop()) await send(next)
    }
    await Promise.all(Array.from({ length: LANES }, lane))

    t.comment(JSON.stringify(Object.fromEntries([...counts].sort())))
    t.strictSame(wrong.slice(0, 5), [], `${wrong.length} of ${STREAMS} went wrong`)
    t.ok((counts.get(503) ?? 0) <= STREAMS / 50, 'hardly any was told to come again later')
    for (const status of [200, 202, 400, 401, 422]) t.ok(counts.get(status), `some were answered ${status}`)
    matchAll(t, world.tasks(), [{ id: 1, unit: 'web.service', image: 'ghcr.io/acme/web:latest' }])
    t.equal(world.tasks().length, 1, 'nothing made a task of another unit, or of another image')
  },
  SETTINGS,
)
