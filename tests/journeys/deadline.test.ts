// Clients that are slow, silent, or still sending: each is answered in time, hears its answer whole, and holds nothing.
import { delivery, requestBytes } from '../support/request.js'
import { journey } from '../support/world.js'

const SHORT = { WEBHOOK_REQUEST_TIMEOUT_SECS: '1' }
const MEGABYTES = Buffer.alloc(2 * 1_048_576, 'a')

journey(
  'a silent client is told 408 at the deadline, and its slot is free again',
  async (t, world) => {
    const reply = await world.send(Buffer.alloc(0), () => {})
    t.equal(reply.status, 408)
    t.equal(reply.exitCode, 0)
  },
  SHORT,
)

journey(
  'headers that never end are 408',
  async (t, world) => {
    const reply = await world.send(Buffer.from('POST /hooks/github HTTP/1.1\r\nHost: x\r\n'))
    t.equal(reply.status, 408)
  },
  SHORT,
)

journey(
  'a body that never ends is 408, and no delivery',
  async (t, world) => {
    const reply = await world.send(delivery().subarray(0, -5))
    t.equal(reply.status, 408)
    t.strictSame(world.tasks(), [])
  },
  SHORT,
)

journey(
  'a client that is still sending two megabytes hears its 401 whole, without a reset',
  async (t, world) => {
    const reply = await world.send(delivery({ body: MEGABYTES, signature: 'sha256=0' }))
    t.equal(reply.status, 401)
    t.equal(reply.trouble, undefined)
  },
)

journey(
  'a client that sends more than the cap hears its 413 whole, without a reset',
  async (t, world) => {
    const reply = await world.send(delivery({ body: MEGABYTES }))
    t.equal(reply.status, 413)
    t.equal(reply.trouble, undefined)
  },
  { WEBHOOK_MAX_BODY_BYTES: '4096' },
)

journey('a chunked body over the cap is 413 as soon as it is', async (t, world) => {
  const head = requestBytes('POST', '/hooks/github', [
    ['Content-Type', 'application/json'],
    ['Transfer-Encoding', 'chunked'],
  ])
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'a'), Buffer.from('\r\n')])
  const reply = await world.send(Buffer.concat([head, ...Array(100).fill(chunk)]))
  t.equal(reply.status, 413)
})

journey('a second request on the same connection is never processed', async (t, world) => {
  world.setUnit('web.service', 'ghcr.io/acme/web:latest', '0'.repeat(64))
  const second = delivery({ id: '99999999-cc78-11e3-81ab-4c9367dc0958' })
  const reply = await world.send(Buffer.concat([requestBytes('GET', '/nothing'), second]))
  t.equal(reply.status, 404)
  t.notMatch(reply.raw.toString(), /HTTP.1.1 202/)
  t.strictSame(world.tasks(), [])
})
