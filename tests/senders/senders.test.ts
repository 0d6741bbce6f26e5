// Every sender against what it really sends: fixtures/senders/<sender>/<case> holds the bytes of a request and what
// they mean. A new sender is tested by its folder alone. Each request is also sent spoilt, which nobody may get in with.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Headers } from '../../lib/http/headers.js'
import { SENDERS } from '../../lib/senders/index.js'
import type { ParsedDelivery, Sender } from '../../lib/senders/sender.js'
import { formatImage } from '../../lib/targets/image.js'
import { journey } from '../support/world.js'

const FIXTURES = join(import.meta.dirname, '../../fixtures/senders')
const folders = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)

/** sender.json: where its secret is configured, the one that the fixtures are signed with, the header of the proof. */
interface Signing {
  readonly variable: string
  readonly secret: string
  readonly proof: string
}

/** reading.json: a Reading, with its images as text. */
type Meaning =
  | { readonly kind: 'push'; readonly images: readonly string[] }
  | { readonly kind: 'ignored'; readonly reason: string }

t.strictSame(folders(FIXTURES).sort(), Object.keys(SENDERS).sort(), 'a folder for each sender')

for (const [word, load] of Object.entries(SENDERS)) {
  const dir = join(FIXTURES, word)
  const signing: Signing = JSON.parse(readFileSync(join(dir, 'sender.json'), 'utf8'))
  for (const name of folders(dir)) {
    const request = readFileSync(join(dir, name, 'request.http'))
    const meaning: Meaning = JSON.parse(readFileSync(join(dir, name, 'reading.json'), 'utf8'))
    t.test(`${word}/${name}: read`, async t => t.strictSame(read(await load(), request), meaning))
    replay(`${word}/${name}: through the program`, request, meaning, signing)
  }
}

/** An enabled unit that nothing is pushed for: an answer then holds the reading, and no task is made. */
function replay(name: string, request: Buffer, meaning: Meaning, { variable, secret, proof }: Signing): void {
  journey(
    name,
    async (t, world) => {
      world.setUnit('other.service', 'registry.example/other:latest', 'a'.repeat(64))
      const answer = await world.send(request)
      const expected =
        meaning.kind === 'push'
          ? { reason: 'no enabled unit runs this image', pushed: meaning.images }
          : meaning
      t.equal(answer.status, 200)
      t.match(answer.json, { status: 'ignored', reason: expected.reason })
      if ('pushed' in expected) t.strictSame((answer.json as typeof expected).pushed, expected.pushed)

      const last = request.length - 1
      const flipped = Buffer.concat([request.subarray(0, last), Buffer.from([(request[last] ?? 0) ^ 1])])
      const header = new RegExp(`^${proof}: .*\r\n`, 'm')
      const unsigned = Buffer.from(request.toString('latin1').replace(header, ''), 'latin1')
      t.equal(unsigned.includes(proof), false)
      const refused = await Promise.all([flipped, unsigned].map(bytes => world.send(bytes)))
      t.strictSame(
        refused.map(({ status }) => status),
        [401, 401],
        'one bit flipped; no signature',
      )
      t.strictSame(new Set(refused.map(({ body }) => body)).size, 1, 'with one constant body')
      t.strictSame(world.calls('systemd-run'), [])
    },
    { [variable]: secret, WEBHOOK_MANUAL_UNITS: 'other' },
  )
  journey(
    `${name}, with another secret`,
    async (t, world) => t.equal((await world.send(request)).status, 401),
    { [variable]: `${secret}!` },
  )
}

/** The reading by itself, with nothing of HTTP but the header lines. */
function read(sender: Sender, request: Buffer): Meaning | ParsedDelivery {
  const end = request.indexOf('\r\n\r\n')
  const lines = request.subarray(0, end).toString('latin1').split('\r\n').slice(1)
  const headers: Headers = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), [line.slice(line.indexOf(':') + 2)]]),
  )
  const reading = sender.parse(headers, JSON.parse(request.subarray(end + 4).toString()))
  return reading.kind === 'push' ? { ...reading, images: reading.images.map(formatImage) } : reading
}
