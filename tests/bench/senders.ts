// What a delivery of each sender costs, as a ratio to GitHub's: the requests of fixtures/senders, each proven anew and never seen
// before, in turns, on the Node that runs this.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTable } from '../../lib/cli/table.js'
import {
  registryVariable,
  SENDER_NAMES,
  type SenderName,
  secretVariable,
} from '../../lib/config/sender-names.js'
import { SENDERS } from '../../lib/senders/index.js'
import { bytesOf, proofIn, proveAgain, takeApart } from '../support/proof.js'
import { pick } from './cases.js'
import { compare, formatTimes, heading, RUNS } from './figures.js'
import { Measure } from './measure.js'
import { makePlace } from './place.js'

const MOST = 1.05
const TURNS = 3 * RUNS // what is promised is less than what single runs differ by
const FIXTURES = join(import.meta.dirname, '../../fixtures/senders')
const SECRET = 'a secret of the bench, long enough'
const SIGNING = `whsec_${Buffer.from(SECRET).toString('base64')}`

interface Push {
  readonly name: SenderName
  readonly image: string
  readonly registry: string | undefined
  readonly secret: string
  readonly request: () => Buffer
}

/** A push of one tag as this sender tells of it: an ordinary one, where it is called so. */
async function pushOf(name: SenderName): Promise<Push> {
  const json = (...path: string[]) => JSON.parse(readFileSync(join(FIXTURES, name, ...path), 'utf8'))
  const cases = readdirSync(join(FIXTURES, name)).filter(each => /^(happy|package-published)$/.test(each))
  const [each = ''] = cases
  const kept = takeApart(readFileSync(join(FIXTURES, name, each, 'request.http')))
  const [image = ''] = json(each, 'reading.json').images as string[]
  const proof = proofIn(await SENDERS[name](), kept)
  const secret = proof.by === 'standard-webhooks' ? SIGNING : SECRET
  let counter = 0
  const request = (): Buffer => {
    // Spaces after the JSON say nothing, and make it another body.
    const body = Buffer.concat([kept.body, Buffer.from(' '.repeat(++counter))])
    const headers = kept.headers.map(
      ([key, value]) => [key, /^content-length$/i.test(key) ? String(body.length) : value] as const,
    )
    return bytesOf(proveAgain(proof, { ...kept, headers, body }, secret, Date.now()))
  }
  return { name, image, registry: json('sender.json').registry, secret, request }
}

const pushes = await Promise.all(SENDER_NAMES.map(pushOf))
const place = makePlace([...new Set(pushes.map(({ image }) => image))], {
  ...Object.fromEntries(pushes.map(({ name, secret }) => [secretVariable(name), secret])),
  ...Object.fromEntries(
    pushes.flatMap(({ name, registry }) =>
      registry === undefined ? [] : [[registryVariable(name), registry]],
    ),
  ),
})
const measure = new Measure(place.dir)
try {
  heading(`senders: medians of ${TURNS} deliveries in turns, the smallest in brackets`)
  const argv = place.serve(process.execPath)
  const jobs = pushes.map(({ request }) => ({ argv, env: place.env, request, status: 202 }))
  const costs = await measure.turns(jobs, TURNS)
  const github = costs[SENDER_NAMES.indexOf('github')] ?? []
  const rows = pushes.map(({ name }, index) => {
    const own = costs[index] ?? []
    const most = name === 'github' ? undefined : MOST
    return [
      name,
      formatTimes(pick(own, 'answeredMs')),
      compare(pick(own, 'answeredMs'), pick(github, 'answeredMs'), most),
      formatTimes(pick(own, 'cpuMs')),
      compare(pick(own, 'cpuMs'), pick(github, 'cpuMs'), most),
    ]
  })
  console.log(formatTable([`NODE ${process.version}`, 'ANSWERED', "/ GITHUB'S", 'CPU', "/ GITHUB'S"], rows))
} finally {
  measure.end()
  place.remove()
}
