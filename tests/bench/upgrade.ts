// From the push to the new container, on a real host: a signed delivery against a person who was told at once and types
// `podman pull && systemctl restart`. In turns, each with a new image; how long is what podman says of the container's
// start. With Debian's own node, which is slow to start, being built without a snapshot, and with one that is not.
import { createHmac } from 'node:crypto'
import { join, relative } from 'node:path'
import { formatTable } from '../../lib/cli/table.js'
import { installed, type Site, type Task } from '../lab/site.js'
import { compare, formatMs, formatTimes, heading, median } from './figures.js'
import { fetchNode } from './nodes.js'

const ROOT = join(import.meta.dirname, '../..')
const PAIRS = Number(process.env['BENCH_RUNS'] ?? 5)
const MOST = 1.15
const SECRET = 'lab secret, not for anything else'
const IMAGE = 'localhost:5000/bench/web:latest'
const UNIT = 'web.service'
const LINE = '24'

// What every push changes of the image; the rest is a busybox.
const SIZES = [1, 100]
const MAKE_HEAVY = (mb: number) => `head -c ${mb}M /dev/urandom >/usr/local/share/lab-image/tmp/heavy`

const NOW_MS = 'echo $(($(date +%s%N) / 1000000))'
const BY_HAND = `${NOW_MS}; podman pull --quiet ${IMAGE} >/dev/null && systemctl restart ${UNIT}; ${NOW_MS}`
const STARTED_MS = `podman inspect --format '{{.State.StartedAt.UnixMilli}}' systemd-web`

/** The command with which a forge would send it. */
function byDelivery(id: string): string {
  const version = { package_url: IMAGE }
  const pushed = { name: 'web', namespace: 'bench', package_type: 'CONTAINER', package_version: version }
  const body = JSON.stringify({ action: 'published', delivery: id, package: pushed })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  const headers = [
    'Content-Type: application/json',
    'X-GitHub-Event: package',
    `X-GitHub-Delivery: ${id}`,
    `X-Hub-Signature-256: sha256=${signature}`,
  ]
  const args = headers.map(header => `-H '${header}'`).join(' ')
  const post = `curl -fsS -m 60 -o /dev/null ${args} -d '${body}' http://127.0.0.1:9787/hooks/github`
  return `${NOW_MS}; ${post}; ${NOW_MS}`
}

interface Took {
  readonly upgradedMs: number
  /** When the script was over: the delivery answered, or all done by hand. */
  readonly returnedMs: number
  readonly beganMs: number
}

/** Pushes the image, runs the script, and gives how long after its beginning the image ran. */
async function once(site: Site, version: string, script: string): Promise<Took> {
  const id = await site.host.pushImage(IMAGE, { version })
  const [began = 0, returned = 0] = (await site.sh(script)).split('\n').map(Number)
  await site.host.waitFor(`${version} to run`, async () => (await site.runs(UNIT)) === id)
  const started = Number(await site.sh(STARTED_MS))
  const isOver = async () => (await site.tasks()).every(({ state }) => state === 'done')
  await site.host.waitFor('its task to end', isOver)
  return { upgradedMs: started - began, returnedMs: returned - began, beganMs: began }
}

type Timed = Task & { readonly report: { readonly steps: Readonly<Record<string, number>> } }

/** Where the time of a delivery went: its answer, its task's beginning, the steps before the new container runs. */
async function phases(site: Site, { returnedMs, beganMs }: Took): Promise<number[]> {
  const [task] = (await site.tasks()) as Timed[]
  const { look = 0, keep = 0, pull = 0, restart = 0 } = task?.report.steps ?? {}
  return [returnedMs, (task?.started_ms ?? 0) - beganMs, look + keep, pull, restart]
}

async function pairs(site: Site, name: string): Promise<string[][]> {
  const [ours, byHand]: [number[], number[]] = [[], []]
  const all: number[][] = []
  for (let pair = 0; pair <= PAIRS; pair++) {
    const own = await once(site, `${name} ${pair}`, byDelivery(`${name}-${pair}`.replace(/\W/g, '-')))
    const phase = await phases(site, own)
    const hand = await once(site, `${name}, by hand ${pair}`, BY_HAND)
    if (pair === 0) continue // nothing was in any cache
    ours.push(own.upgradedMs)
    byHand.push(hand.upgradedMs)
    all.push(phase)
  }
  const medians =
    all[0]?.map((_, index) => formatMs(median(all.map(phase => phase[index] ?? Number.NaN)))) ?? []
  return [
    [`${name}: by hand`, formatTimes(byHand)],
    [`${name}: a delivery`, formatTimes(ours), compare(ours, byHand, MOST), ...medians],
  ]
}

async function measure(site: Site): Promise<string[][]> {
  await site.host.pushImage(IMAGE, { version: 'first' })
  await site.container('web', IMAGE)
  await site.start(UNIT)
  await site.sh(`cp /src/${relative(ROOT, fetchNode(LINE))} /usr/local/bin/node-${LINE}`)
  const rows: string[][] = []
  for (const node of ['/usr/bin/node', `/usr/local/bin/node-${LINE}`]) {
    await site.sh(`make -C /src install NODE=${node}`)
    const version = await site.sh(`${node} --version`)
    for (const mb of SIZES) {
      await site.sh(MAKE_HEAVY(mb))
      rows.push(...(await pairs(site, `${node} ${version}, ${mb} MB`)))
    }
  }
  return rows
}

heading(`upgrade: from the push to the new container, rootful, ${PAIRS} pairs in turns`)
const settings = `GITHUB_WEBHOOK_SECRET="${SECRET}"\nWEBHOOK_MANUAL_UNITS=web\nWEBHOOK_SETTLE_SECS=1\n`
const site = await installed('rootful', settings)
try {
  const phaseNames = ['ANSWERED', 'TASK BEGAN', 'THEN LOOK, KEEP', 'PULL', 'RESTART']
  console.log(formatTable(['', 'CONTAINER UP AFTER', '/ BY HAND', ...phaseNames], await measure(site)))
} finally {
  await site.host.stop()
}
