// Deliveries beside what strangers send, on a real host: to the port itself, and to a socket file behind Caddy with a path that
// strangers do not know, as units/doc/internet.md has it. Each row is a flood, and a signed delivery every two seconds, whose sender
// waits for ten, as GitHub does. Late is what the sender gave up; lost is what was never recorded.
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../../lib/cli/table.js'
import { installed, type Site } from '../lab/site.js'
import { formatMs, heading, quantile } from './figures.js'

const SECRET = 'lab secret, not for anything else'
const SECS = Number(process.env['BENCH_FLOOD_SECS'] ?? 40)
const PORT = 'http://127.0.0.1:9787'
const PROXY = 'http://127.0.0.1:8080'
const CADDYFILE = `{
	admin off
	auto_https off
}
:8080 {
	handle_path /unknown-to-strangers/* {
		reverse_proxy unix//run/pod-upgrade-trigger.sock
	}
	respond 404
}
`

interface Flood {
  readonly name: string
  /** `KIND URL RATE SECS` of flood.mjs. */
  readonly args?: string
}

const closed = (url: string): Flood => ({ name: '2,000 opened and closed', args: `closed ${url} 500 4` })
const unsigned = (url: string, rate: number): Flood => ({
  name: `${rate} unsigned a second`,
  args: `unsigned ${url}/hooks/github ${rate} ${SECS}`,
})

const DIRECT: readonly Flood[] = [
  { name: 'none' },
  unsigned(PORT, 2),
  unsigned(PORT, 5),
  unsigned(PORT, 20),
  unsigned(PORT, 40),
  closed(PORT),
]
const PROXIED: readonly Flood[] = [
  { name: 'none' },
  unsigned(PROXY, 40),
  unsigned(PROXY, 1000),
  closed(PROXY),
]

interface Sent {
  readonly id: string
  readonly ms: number | undefined
}

/** One every two seconds, by a program inside the host. */
async function deliver(site: Site, url: string, run: string): Promise<Sent[]> {
  return JSON.parse(await site.sh(`node /root/sender.mjs ${url} ${run} ${SECS}`))
}

const SENDER = `
import { createHmac } from 'node:crypto'
import { request } from 'node:http'
const [url, run, secs] = process.argv.slice(2)
const one = id => new Promise(resolve => {
  const body = JSON.stringify({ zen: id, hook_id: 1 })
  const headers = { 'Content-Type': 'application/json', 'X-GitHub-Event': 'ping', 'X-GitHub-Delivery': id, 'Content-Length': body.length,
    'X-Hub-Signature-256': 'sha256=' + createHmac('sha256', ${JSON.stringify(SECRET)}).update(body).digest('hex') }
  const began = performance.now()
  const sent = request(url + '/hooks/github', { method: 'POST', headers, agent: false, timeout: 10000, signal: AbortSignal.timeout(10000) },
    answer => { answer.resume(); resolve({ id, ms: answer.statusCode === 200 ? performance.now() - began : undefined }) })
  sent.on('error', () => resolve({ id }))
  sent.end(body)
})
const all = []
for (let n = 0; n < Number(secs) / 2; n++) {
  all.push(one(run + '-' + n))
  await new Promise(resolve => setTimeout(resolve, 2000))
}
console.log(JSON.stringify(await Promise.all(all)))
`

/** Nothing waits to be accepted, and nobody is answered. */
async function isQuiet(site: Site): Promise<boolean> {
  const queue = `ss -Hltn sport = :9787 | awk '{print $2}'; ss -Hlx src = /run/pod-upgrade-trigger.sock | awk '{print $3}'`
  const busy = `systemctl list-units --plain --no-legend 'pod-upgrade-trigger@*' | wc -l`
  return (await site.sh(`(${queue}; ${busy}) | xargs`)).split(' ').every(text => text === '0')
}

async function row(site: Site, way: string, url: string, { name, args }: Flood): Promise<string[]> {
  const run = `${way}-${name}`.replace(/[^a-z0-9]+/gi, '-')
  const flooding = args === undefined ? undefined : site.sh(`exec node /src/tests/lab/flood.mjs ${args}`)
  await sleep(2000)
  const sent = await deliver(site, url, run)
  await flooding
  const began = Date.now()
  await site.host.waitFor('the queue to be empty', () => isQuiet(site), 900_000)
  const waited = Date.now() - began
  const known = new Set(
    JSON.parse(await site.program('events --json --limit 1000 --action hook-github --status 200')).map(
      ({ delivery }: { delivery: string }) => delivery,
    ),
  )
  const times = sent.flatMap(({ ms }) => (ms === undefined ? [] : [ms]))
  const lost = sent.filter(({ id }) => !known.has(`github:${id}`)).length
  return [
    way,
    name,
    `${sent.length}`,
    `${sent.length - times.length}`,
    `${lost}`,
    formatMs(quantile(times, 0.5)),
    formatMs(quantile(times, 0.99)),
    formatMs(waited),
  ]
}

heading('deliveries beside a flood of strangers')
const site = await installed('rootful', `GITHUB_WEBHOOK_SECRET="${SECRET}"\nWEBHOOK_TRUSTED_PROXIES=unix\n`)
const rows: string[][] = []
try {
  await site.host.write('/root/sender.mjs', SENDER)
  for (const flood of DIRECT) rows.push(await row(site, 'port', PORT, flood))
  await site.unit(
    'pod-upgrade-trigger.socket.d/file.conf',
    '[Socket]\nListenStream=\nListenStream=/run/pod-upgrade-trigger.sock\nSocketGroup=caddy\nSocketMode=0660\n',
  )
  await site.host.write('/etc/caddy/Caddyfile', CADDYFILE)
  await site.sh('systemctl daemon-reload; systemctl restart pod-upgrade-trigger.socket caddy')
  for (const flood of PROXIED) rows.push(await row(site, 'Caddy', `${PROXY}/unknown-to-strangers`, flood))
} finally {
  await site.host.stop()
}
console.log(
  formatTable(['TO', 'FLOOD', 'DELIVERIES', 'LATE', 'LOST', 'P50', 'P99', 'QUEUE EMPTY AFTER'], rows),
)
