// The socket as systemd gives it to us, and clients that do with it what clients do: ask in unusual but right forms, go
// away before the answer, send more than one request, take their time.
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { processesWith, waitFor } from '../support/host.js'
import { freePort, listen } from '../support/listen.js'
import { matchAll } from '../support/match-all.js'
import { delivery, HEALTH, pushed, requestBytes, SECRET, sign } from '../support/request.js'
import { parse, talk } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)

journey('behind systemd-socket-activate: good and bad requests, and a burst', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  const port = await freePort()
  const { activator, log } = listen(world, port)
  t.teardown(() => activator.kill())
  await waitFor('the listener', () => log().includes('Listening on'))
  const ask = async (bytes: Uint8Array) => parse((await talk(port, socket => socket.write(bytes))).raw)

  t.match(await ask(HEALTH), { status: 200, json: { status: 'ok' } })
  matchAll(t, await ask(delivery()), { status: 202, json: { tasks: [{ id: 1 }] } })
  t.equal((await ask(delivery())).status, 200, 'a duplicate')
  t.equal((await ask(Buffer.from('\x16\x03\x01'))).status, 400)
  t.equal((await ask(delivery({ secret: 'another' }))).status, 401)
  const burst = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(n => ask(delivery({ id: `burst-${n}`, body: pushed(IMAGE, { n }) }))),
  )
  t.strictSame(
    burst.map(({ status }) => status),
    Array(6).fill(202),
  )
  t.match(await ask(HEALTH), { status: 200 })

  t.equal(world.tasks().length, 1, 'one queued task')
  t.equal(world.events().length, 10, 'and every request but /health is in the event log')
  await waitFor('every process to be reaped', () => (log().match(/died with code 0/g) ?? []).length === 12)
  t.notMatch(log(), /died with code [^0]|killed by|bug:/)
  t.notMatch(log(), SECRET)
})

const body = pushed()
const head = (...more: readonly (readonly [string, string])[]) =>
  requestBytes('POST', '/hooks/github', [
    ['content-type', 'application/json; charset=utf-8'],
    ['x-github-event', 'package'],
    ['x-github-delivery', 'unusual'],
    ['x-hub-signature-256', sign(body)],
    ...more,
  ])
const chunks = [body.slice(0, 10), body.slice(10, 11), body.slice(11)]
  .map(text => `${text.length.toString(16)};name=value\r\n${text}\r\n`)
  .join('')

const UNUSUAL: readonly (readonly [why: string, bytes: Buffer])[] = [
  [
    'in chunks with extensions, and a trailer',
    Buffer.concat([
      head(['transfer-encoding', 'chunked']),
      Buffer.from(`${chunks}0\r\nX-Trailer: x\r\n\r\n`),
    ]),
  ],
  [
    'HTTP/1.0 without a Host',
    Buffer.from(delivery().toString().replace('HTTP/1.1\r\nHost: hooks.example\r\n', 'HTTP/1.0\r\n')),
  ],
  ['empty lines before it', Buffer.concat([Buffer.from('\r\n\r\n'), delivery()])],
  ['something after it that is no request', Buffer.concat([delivery(), Buffer.from('garbage\0\r\n\r\n')])],
  ['a line end after it', Buffer.concat([delivery(), Buffer.from('\r\n')])],
  [
    'another delivery after it, which is never processed',
    Buffer.concat([delivery(), delivery({ id: 'second', body: pushed(IMAGE, { n: 2 }) })]),
  ],
  ['keep-alive, which is declined', delivery({ headers: { Connection: 'keep-alive' } })],
  ['an upgrade, which is declined', delivery({ headers: { Connection: 'Upgrade', Upgrade: 'h2c' } })],
  [
    'a forwarded address, which nobody vouches for',
    delivery({ headers: { 'X-Forwarded-For': '127.0.0.1' } }),
  ],
]

for (const [why, bytes] of UNUSUAL) {
  journey(`a good delivery: ${why}`, async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    const reply = await world.send(bytes)
    t.equal(reply.status, 202)
    t.equal(reply.trouble, undefined)
    t.equal(reply.headers['content-length'], String(reply.body.length), 'one answer, and nothing after it')
    matchAll(t, world.events(), [{ status: 202, task_ids: [1] }])
    t.equal(world.events().length, 1)
    t.notMatch(JSON.stringify(world.events()), '127.0.0.1')
  })
}

journey('a good delivery, byte by byte', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  const reply = await world.send(delivery(), socket => {
    socket.setNoDelay(true)
    for (const byte of delivery()) socket.write(Buffer.of(byte))
  })
  t.equal(reply.status, 202)
})

journey('Expect: 100-continue is answered when the body is wanted, and only then', async (t, world) => {
  const wanted = await world.send(delivery({ event: 'ping', headers: { Expect: '100-continue' } }))
  t.match(wanted.raw.toString(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  const large = { Expect: '100-continue', 'Content-Length': '99999999' }
  const unwanted = await world.send(delivery({ headers: large }), socket => {
    socket.write(delivery({ headers: large }).subarray(0, -pushed().length))
  })
  t.match(unwanted.raw.toString(), /^HTTP\/1\.1 413 /)
})

/** A generator that does not end before `go` is there, so that a request can be seen in the middle. */
function slowGenerator(world: World): void {
  const path = join(world.dir, 'generator')
  const real = join(import.meta.dirname, '../../fixtures/bin/quadlet-generator')
  const script = `#!/bin/bash\n: > "$FAKE_DIR/generating"\nuntil [ -e "$FAKE_DIR/go" ]; do read -rt 0.05 <> <(:); done\nexec ${real} "$@"\n`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  writeFileSync(world.env.WEBHOOK_ENV_FILE, `WEBHOOK_QUADLET_GENERATOR=${path}\n`, { flag: 'a' })
}

journey(
  'a client that resets the connection once it has asked: what it asked for is done',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    slowGenerator(world)
    const reply = await world.send(delivery(), async socket => {
      socket.write(delivery())
      await waitFor('the generator', () => existsSync(join(world.fakeDir, 'generating')))
      socket.on('close', () => world.fake('go', ''))
      socket.resetAndDestroy()
    })
    t.equal(reply.exitCode, 0)
    matchAll(t, world.events(), [{ status: 202, task_ids: [1] }])
    t.equal(world.calls('systemd-run').length, 1)
  },
)

journey(
  'a command of ours that hangs: 503 at the deadline, and it is not left behind',
  async (t, world) => {
    slowGenerator(world)
    const reply = await world.send(delivery())
    t.equal(reply.status, 503)
    t.match(reply.headers['retry-after'], /^[0-9]+$/)
    await waitFor('the generator to be gone', () => processesWith(`FAKE_DIR=${world.fakeDir}`).length === 0)
    t.strictSame(world.tasks(), [])
  },
  { WEBHOOK_REQUEST_TIMEOUT_SECS: '1' },
)

journey(
  'a client that sends a byte now and then gets no more time than others',
  async (t, world) => {
    const reply = await world.send(Buffer.alloc(0), socket => {
      const drip = setInterval(() => socket.write('a'), 50)
      socket.write('POST /hooks/github HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      socket.on('close', () => clearInterval(drip))
    })
    t.equal(reply.status, 408)
    t.equal(reply.trouble, undefined)
  },
  { WEBHOOK_REQUEST_TIMEOUT_SECS: '1' },
)
