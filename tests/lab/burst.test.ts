// Two hundred deliveries for twenty units within five seconds, as a build matrix sends them, on a real host. A burst may
// make answers and upgrades late; it may not refuse or lose one, run two at once, trip a start limit or leave the host
// deaf. How late depends on the machine, so that is told and not judged; and one that is slow is sent them at a pace at which
// what waits at the end is as much as on a fast one. LAB_BURST_AT_ONCE: at most that many at a time.
import { createHmac, randomUUID } from 'node:crypto'
import t from 'tap'
import { installed, type Site, type Task } from './site.js'

const SECRET = 'lab secret, not for anything else'
const UNITS = Array.from({ length: 20 }, (_, index) => `b${String(index + 1).padStart(2, '0')}`)
const PER_UNIT = 10
const PACE_MS = 24 // 200 in 4.8 s
const BACKLOG_MS = 12_000 // what is still to be answered when the last is sent
const AT_ONCE = process.env['LAB_BURST_AT_ONCE'] ?? '200'
const GITHUB_PATIENCE_MS = 10_000
const DRAIN_MS = 600_000

const image = (name: string): string => `localhost:5000/burst/${name}:latest`

function delivery(name: string): object {
  const id = randomUUID()
  const body = JSON.stringify({
    action: 'published',
    delivery: id,
    package: {
      name,
      namespace: 'burst',
      package_type: 'CONTAINER',
      package_version: { package_url: image(name) },
    },
  })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  const headers = {
    'Content-Type': 'application/json',
    'X-GitHub-Event': 'package',
    'X-GitHub-Delivery': id,
    'X-Hub-Signature-256': `sha256=${signature}`,
  }
  return { path: '/hooks/github', headers, body }
}

interface Fate {
  readonly status?: number
  readonly error?: string
  readonly startedMs: number
  readonly tookMs: number
}

t.test('a burst is answered, and every unit ends on the newest image', async t => {
  const units = `WEBHOOK_MANUAL_UNITS="${UNITS.join(' ')}"`
  const site = await installed(
    'rootful',
    `GITHUB_WEBHOOK_SECRET="${SECRET}"\n${units}\nWEBHOOK_SETTLE_SECS=1\n`,
  )
  const { host } = site
  t.teardown(() => host.stop())
  for (const name of UNITS) {
    await host.pushImage(image(name), { version: `${name} 1` })
    await site.container(name, image(name))
  }
  await site.start(...UNITS)
  const newest = new Map<string, string>()
  for (const name of UNITS) newest.set(name, await host.pushImage(image(name), { version: `${name} 2` }))

  const deliveries = Array.from({ length: PER_UNIT }, () => UNITS.map(delivery)).flat()
  // Twice what it costs while nothing is upgraded: the upgrades take the other half of the host.
  const paceMs = Math.max(PACE_MS, Math.round(2 * (await costMs(site)) - BACKLOG_MS / deliveries.length))
  await host.write('/root/deliveries.json', JSON.stringify(deliveries))
  const sampled = site.sh('exec node /src/tests/lab/sample.mjs /run/burst-is-over', DRAIN_MS)
  const sent = await site.sh(`node /src/tests/lab/send.mjs /root/deliveries.json ${AT_ONCE} ${paceMs}`)
  const { began, fates } = JSON.parse(sent) as { began: number; fates: Fate[] }
  const working = `systemctl list-units --all --no-legend --plain 'pod-upgrade-trigger-*.service' 'pod-upgrade-trigger@*'`
  await host.waitFor('the tasks to end', async () => (await site.sh(working)) === '', DRAIN_MS)
  await site.sh('touch /run/burst-is-over')
  const tasks = await site.tasks()

  const took = fates.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const at = (share: number) => Math.round(took[Math.ceil(took.length * share) - 1] ?? 0)
  const starts = fates.map(({ startedMs }) => startedMs)
  const peak = JSON.parse(await sampled) as { kib: number; processes: number }
  const last = Math.max(
    ...tasks.filter(({ outcome }) => outcome === 'updated').map(({ finished_ms }) => finished_ms),
  )
  t.comment(`answers: ${JSON.stringify(count(fates.map(({ status, error }) => String(status ?? error))))}`)
  t.comment(`sent in ${seconds(Math.max(...starts) - Math.min(...starts))}, ${AT_ONCE} at once`)
  t.comment(`answered after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms`)
  t.comment(`later than GitHub waits: ${took.filter(ms => ms > GITHUB_PATIENCE_MS).length}`)
  t.comment(`the last unit was on the newest image ${seconds(last - began)} after the first delivery`)
  t.comment(`peak of our processes: ${Math.round(peak.kib / 1024)} MiB in ${peak.processes} processes`)
  t.comment(`outcomes: ${JSON.stringify(count(tasks.map(({ outcome }) => outcome ?? 'none')))}`)
  t.comment(
    `socket: ${await site.sh('systemctl show -p NAccepted,NRefused pod-upgrade-trigger.socket | xargs')}`,
  )

  const whys = tasks.map(({ outcome, report }) => `${outcome}: ${report?.why ?? 'as asked'}`)
  t.comment(`reasons: ${JSON.stringify(count(whys))}`)

  t.strictSame(
    fates.filter(({ status = 0 }) => status < 200 || status > 299),
    [],
    'all are answered 2xx',
  )
  t.equal(fates.length, UNITS.length * PER_UNIT)
  // How many of them depends on the machine: on a slow one the task before has ended when the next delivery comes.
  t.ok(tasks.length < fates.length, `joined: ${tasks.length} tasks for ${fates.length} deliveries`)
  for (const name of UNITS) {
    const own = tasks.filter(({ unit }) => unit === `${name}.service`)
    t.strictSame(overlapping(own), [], `${name}: one at a time`)
    t.strictSame(count(own.map(({ state }) => state)), { done: own.length }, `${name}: all are done`)
    t.equal(own.filter(({ outcome }) => outcome === 'updated').length, 1, `${name}: one of them upgraded it`)
    t.equal(await site.runs(`${name}.service`), newest.get(name), `${name} runs the newest image`)
    t.equal(await site.property(name, 'Result'), 'success', `${name}: no start limit was hit`)
  }
  t.equal(await site.sh('systemctl --failed --no-legend --plain | grep -v systemd-modules-load || true'), '')
  t.equal(await site.property('pod-upgrade-trigger.socket', 'SubState'), 'listening', 'it still listens')
})

/** How long this host takes for a delivery when it has nothing else to do: of twenty at once, for a unit that nobody has. */
async function costMs(site: Site): Promise<number> {
  const strangers = Array.from({ length: 20 }, () => delivery('nobody'))
  await site.host.write('/root/strangers.json', JSON.stringify(strangers))
  const sent = await site.sh('node /src/tests/lab/send.mjs /root/strangers.json 20 0')
  const { fates } = JSON.parse(sent) as { fates: Fate[] }
  return Math.max(...fates.map(({ tookMs }) => tookMs)) / fates.length
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function count(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** Tasks of one unit that began before the one before them had ended. */
function overlapping(tasks: readonly Task[]): number[] {
  const inOrder = [...tasks].sort((a, b) => a.started_ms - b.started_ms)
  return inOrder
    .filter((task, index) => index > 0 && task.started_ms < (inOrder[index - 1]?.finished_ms ?? 0))
    .map(({ id }) => id)
}
