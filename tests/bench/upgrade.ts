// From the push to the new container, on a real host: a signed delivery against a person who was told at once and types
// `podman pull && systemctl restart`. In turns, each with a new image; how long is what podman says of the container's start.
import { createHmac } from 'node:crypto'
import { formatTable } from '../../lib/table.js'
import { installed, type Site } from '../lab/site.js'
import { compare, formatTimes, heading } from './figures.js'

const PAIRS = Number(process.env['BENCH_RUNS'] ?? 7)
const MOST = 1.15
const SECRET = 'lab secret, not for anything else'
const IMAGE = 'localhost:5000/bench/web:latest'
const UNIT = 'web.service'

const NOW_MS = 'echo $(($(date +%s%N) / 1000000))'
const BY_HAND = `${NOW_MS}; podman pull --quiet ${IMAGE} >/dev/null && systemctl restart ${UNIT}`
const STARTED_MS = `podman inspect --format '{{.State.StartedAt.UnixMilli}}' systemd-web`

/** The command with which a forge would send it, and when it did. */
function byDelivery(id: string): string {
  const [namespace, name] = ['bench', 'web']
  const version = { package_url: IMAGE }
  const pushed = { name, namespace, package_type: 'CONTAINER', package_version: version }
  const body = JSON.stringify({ action: 'published', delivery: id, package: pushed })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  const headers = [
    'Content-Type: application/json',
    'X-GitHub-Event: package',
    `X-GitHub-Delivery: ${id}`,
    `X-Hub-Signature-256: sha256=${signature}`,
  ]
  const args = headers.map(header => `-H '${header}'`).join(' ')
  return `${NOW_MS}; curl -fsS -m 60 -o /dev/null ${args} -d '${body}' http://127.0.0.1:9787/hooks/github`
}

/** Pushes the image, runs the script, which says when it began, and gives how long after that the image ran. */
async function once(site: Site, version: string, script: string): Promise<number> {
  const id = await site.host.pushImage(IMAGE, { version })
  const began = Number(await site.sh(script))
  await site.host.waitFor(`${version} to run`, async () => (await site.runs(UNIT)) === id)
  const started = Number(await site.sh(STARTED_MS))
  await site.host.waitFor('its task to end', async () =>
    (await site.tasks()).every(({ state }) => state === 'done'),
  )
  return started - began
}

async function measure(site: Site): Promise<void> {
  await site.host.pushImage(IMAGE, { version: 'first' })
  await site.container('web', IMAGE)
  await site.start(UNIT)
  const [ours, byHand]: [number[], number[]] = [[], []]
  for (let pair = 0; pair <= PAIRS; pair++) {
    const own = await once(site, `delivered ${pair}`, byDelivery(`bench-${pair}`))
    const hand = await once(site, `by hand ${pair}`, BY_HAND)
    if (pair === 0) continue // nothing was in any cache
    ours.push(own)
    byHand.push(hand)
  }
  const rows = [
    ['podman pull && systemctl restart', formatTimes(byHand), ''],
    ['a signed delivery', formatTimes(ours), compare(ours, byHand, MOST)],
  ]
  console.log(formatTable(['', 'NEW CONTAINER AFTER', '/ BY HAND'], rows))
}

heading(`upgrade: from the push to the new container, rootful, ${PAIRS} pairs in turns`)
const settings = `GITHUB_WEBHOOK_SECRET="${SECRET}"\nWEBHOOK_MANUAL_UNITS=web\nWEBHOOK_SETTLE_SECS=1\n`
const site = await installed('rootful', settings)
try {
  await measure(site)
} finally {
  await site.host.stop()
}
