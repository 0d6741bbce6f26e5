// Every sender against what it really sends: fixtures/senders/<sender>/<case> holds the bytes of a request and what they mean. A new
// sender is tested by its folder alone. Each request that is let in is also spoiled, in each way, which nobody may get in with.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SENDER_NAMES, type SenderName, secretVariable } from '../../lib/config/sender-names.js'
import { isObject, parseJsonBytes } from '../../lib/json.js'
import { validateHead } from '../../lib/request/validate-head.js'
import { SENDERS } from '../../lib/senders/index.js'
import type { Sender } from '../../lib/senders/known/reading/sender.js'
import { proveTest } from '../../lib/senders/prove.js'
import { provenBy } from '../../lib/senders/verify.js'
import { follows, formatPushed, type Pushed, parseImage } from '../../lib/targets/image.js'
import { bytesOf, headersOf, type Kept, proofIn, proveAgain, spoiled, takeApart } from '../support/proof.js'
import { journey } from '../support/world.js'

const FIXTURES = join(import.meta.dirname, '../../fixtures/senders')
const folders = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
const json = (...path: string[]) => JSON.parse(readFileSync(join(FIXTURES, ...path), 'utf8'))

/** sender.json: what the requests are proven with; when they were sent, in seconds; the registry that is configured. */
interface Known {
  readonly secrets: readonly string[]
  readonly now?: number
  readonly registry?: string
}

/** reading.json: what comes of the request, with its images as text; the id that is kept of it, and an image that follows it. */
interface Meaning {
  readonly kind: 'push' | 'ignored' | 'refused'
  readonly images?: readonly string[]
  readonly reason?: string
  readonly status?: number
  readonly delivery?: string
  readonly follows?: string
  readonly secret?: string
}

t.strictSame(folders(FIXTURES).sort(), [...SENDER_NAMES].sort(), 'a folder for each sender')

const NOT_TOLD: readonly number[] = [400, 422]
const LONG = 'a secret of the tests, long enough'
const SIGNING = `whsec_${Buffer.from(LONG).toString('base64')}`

for (const name of SENDER_NAMES) {
  const sender = await SENDERS[name]()
  const known: Known = json(name, 'sender.json')
  const cases = folders(join(FIXTURES, name))
  for (const each of cases) {
    const kept = takeApart(readFileSync(join(FIXTURES, name, each, 'request.http')))
    const meaning: Meaning = json(name, each, 'reading.json')
    const secrets = meaning.secret === undefined ? known.secrets : [meaning.secret]
    t.test(`${name}/${each}`, async t => {
      const { delivery, follows: used, secret, ...expected } = meaning
      const { images, ...found } = judge(sender, kept, { ...known, secrets })
      t.strictSame({ ...found, ...(images && { images: images.map(formatPushed) }) }, expected)
      const { value } = parseJsonBytes(kept.body) ?? {}
      if (delivery !== undefined) t.equal(sender.deliveryId?.(headersOf(kept), value), delivery)
      const reference = used === undefined ? undefined : parseImage(used)
      if (reference !== undefined) t.ok(images?.some(image => follows(reference, image)))
      if (expected.kind === 'refused') return
      for (const [why, spoilt] of spoiled(proofIn(sender, kept), kept))
        t.strictSame(judge(sender, spoilt, { ...known, secrets }), { kind: 'refused', status: 401 }, why)
      const others = { ...known, secrets: secrets.map(key => `${key}!`).concat('', 'whsec_', LONG, SIGNING) }
      t.strictSame(judge(sender, kept, others), { kind: 'refused', status: 401 }, 'another secret')
    })
  }
  const first = cases.find(each => json(name, each, 'reading.json').kind === 'push')
  if (first !== undefined) replay(name, sender, first)
  itsTest(name, sender)
}

type Judged = Omit<Meaning, 'images'> & { readonly images?: readonly Pushed[] }

/** What the program makes of it, by its decisions alone. */
function judge(sender: Sender, kept: Kept, { secrets, now, registry }: Known): Judged {
  const headers = headersOf(kept)
  const error = validateHead({ headers, headerCount: kept.headers.length }, 'hook', sender, 5_000_000)
  if (error !== undefined) return { kind: 'refused', status: error.status }
  const key = provenBy(sender.proofs, { ...kept, headers }, secrets, (now ?? 0) * 1000)
  if (key === undefined) return { kind: 'refused', status: 401 }
  t.ok(secrets.includes(key), 'it is one of the keys')
  const payload = parseJsonBytes(kept.body)?.value
  const detail = 'the body is not a JSON object in UTF-8'
  const reading = isObject(payload)
    ? sender.read(headers, payload)
    : ({ kind: 'refused', error: { status: 400, detail } } as const)
  if (reading.kind === 'push')
    return {
      kind: 'push',
      images: reading.images.map(image => (registry ? { ...image, host: registry } : image)),
    }
  if (reading.kind === 'ignored') return reading
  const { error: refusal } = reading
  return sender.onRefusal === 'stops' && NOT_TOLD.includes(refusal.status)
    ? { kind: 'ignored', reason: refusal.detail }
    : { kind: 'refused', status: refusal.status }
}

/** One through the program, from a sender with a secret that is long enough. No unit follows it, so the answer has the reading. */
function replay(name: SenderName, sender: Sender, each: string): void {
  const kept = takeApart(readFileSync(join(FIXTURES, name, each, 'request.http')))
  const images: readonly string[] = json(name, each, 'reading.json').images
  const secret = sender.proofs[0].by === 'standard-webhooks' ? SIGNING : LONG
  journey(
    `${name}/${each}: through the program`,
    async (t, world) => {
      world.setUnit('other.service', 'registry.example/other:latest', 'a'.repeat(64))
      const again = proveAgain(sender.proofs[0], kept, secret, Date.now())
      const answer = await world.send(bytesOf(again))
      t.equal(answer.status, 200)
      t.match(answer.json, { status: 'ignored', reason: 'no enabled unit runs this image' })
      t.strictSame((answer.json as { pushed: unknown }).pushed, images)
      const refused = await Promise.all(
        spoiled(sender.proofs[0], again).map(([, spoilt]) => world.send(bytesOf(spoilt))),
      )
      t.strictSame([...new Set(refused.map(({ status }) => status))], [401])
      t.strictSame(new Set(refused.map(({ body }) => body)).size, 1, 'with one constant body')
      t.strictSame(world.calls('systemd-run'), [])
      const paths = world.events().map(({ path }) => path)
      t.strictSame([...new Set(paths)], [`/hooks/${name}`], 'a query is not kept')
    },
    {
      [secretVariable(name)]: secret,
      WEBHOOK_MANUAL_UNITS: 'other',
      ...(json(name, 'sender.json').registry && {
        [`${name.toUpperCase()}_REGISTRY`]: json(name, 'sender.json').registry,
      }),
    },
  )
}

t.test('the test of a sender with a plain token shows it as it is', async t => {
  const made = proveTest('gitlab', await SENDERS.gitlab(), LONG, { id: 'test', nowMs: 0 })
  t.equal(made?.headers['x-gitlab-token'], LONG)
})

function itsTest(name: SenderName, sender: Sender): void {
  t.test(`${name}: the doctor's test is let in, and asks for nothing`, async t => {
    const key = sender.proofs[0].by === 'standard-webhooks' ? SIGNING : LONG
    const made = proveTest(name, sender, key, { id: 'test', nowMs: 1_767_225_600_000 })
    t.ok(made)
    if (made === undefined) return
    const kept = { ...made, headers: Object.entries(made.headers) }
    const { kind } = judge(sender, kept, { secrets: ['another one', key], now: 1_767_225_600 })
    t.equal(kind, 'ignored')
    t.equal(made.target.split('?')[0], `/hooks/${name}`)
    for (const [header, value] of Object.entries(made.headers))
      if (value.endsWith(key)) t.equal(value, header === 'authorization' ? `Bearer ${key}` : key)
    t.equal(
      proveTest(name, sender, 'whpk_AAAA', { id: 'x', nowMs: 0 }),
      undefined,
      'a public key proves nothing',
    )
  })
}
