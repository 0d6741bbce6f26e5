// What goes wrong around an upgrade, on a real host: a registry that is down, hangs or gives half a blob, a disk that fills
// up in the pull, a private registry, and an image that is good for one of the two units that share it.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, type Task } from './site.js'

const REGISTRY = 'localhost:5000/trouble'
const PROXY = 'localhost:5001/trouble'
const ENV = `WEBHOOK_MANUAL_UNITS="web calm fussy"
WEBHOOK_SETTLE_SECS=2
WEBHOOK_HEALTH_TIMEOUT_SECS=10
WEBHOOK_PULL_TIMEOUT_SECS=10
WEBHOOK_AUTO_UPDATE_UNIT=none.service
`

/** A proxy of the registry. /run/proxy says what it does with layers: `half` of one, or it `hangs`. */
const SCRIPT = `
const { createServer, request } = require('node:http')
const { readFileSync } = require('node:fs')
const mode = () => { try { return readFileSync('/run/proxy', 'utf8').trim() } catch { return '' } }
createServer((incoming, answer) => {
  const { method, url, headers } = incoming
  const layer = url.includes('/blobs/') && method === 'GET' ? mode() : ''
  if (layer === 'hangs') return
  const upstream = request({ port: 5000, method, path: url, headers: { ...headers, host: 'localhost:5000' } }, from => {
    answer.writeHead(from.statusCode, from.headers)
    if (layer !== 'half') return from.pipe(answer)
    let sent = 0
    from.on('data', chunk => {
      sent += chunk.length
      answer.write(chunk.subarray(0, chunk.length / 2))
      if (sent > 20000 || sent >= Number(from.headers['content-length'])) answer.destroy()
    })
  })
  incoming.pipe(upstream)
}).listen(5001)
`

const site = await installed('rootful', ENV)
const { host } = site
t.teardown(() => host.stop())
await host.write('/usr/local/lib/proxy.cjs', SCRIPT)
await host.write(
  '/etc/containers/registries.conf.d/proxy.conf',
  '[[registry]]\nlocation="localhost:5001"\ninsecure=true\n',
)
await site.unit('proxy.service', '[Service]\nExecStart=/usr/bin/node /usr/local/lib/proxy.cjs\n')
// A storage of its own, small enough to be filled.
await site.sh(
  'mount -t tmpfs -o size=64m tmpfs /var/lib/containers; systemctl daemon-reload; systemctl start proxy',
)

const push = (name: string, version: string, cmd?: readonly string[]) =>
  host.pushImage(`${REGISTRY}/${name}:latest`, { version: name + version, ...(cmd ? { cmd } : {}) })
const trigger = async (command: string): Promise<Task[]> =>
  JSON.parse(await site.program(`${command} --json || true`))

const first = await push('web', '1')
await site.container('web', `${PROXY}/web:latest`)
await site.start('web')

const TROUBLES: readonly (readonly [why: string, make: string, mend: string, told: RegExp])[] = [
  ['the registry is down', 'systemctl stop proxy', 'systemctl start proxy', /refused/],
  ['a layer is cut short', 'echo half >/run/proxy', 'rm /run/proxy', /podman pull/],
  ['the registry hangs', 'echo hangs >/run/proxy', 'rm /run/proxy', /gave up after 10 s/],
  [
    'the disk fills up in the pull',
    'cat /dev/zero >/var/lib/containers/filler 2>/dev/null || true',
    'rm /var/lib/containers/filler',
    /no space left/,
  ],
]

let before = first
for (const [index, [why, make, mend, told]] of TROUBLES.entries()) {
  t.test(`${why}: the unit runs on as it did, and is upgraded once that is mended`, async t => {
    const next = await push('web', String(index + 2))
    const invocation = await site.property('web', 'InvocationID')
    await site.sh(make)
    matchAll(t, await trigger('trigger web'), [{ outcome: 'failed', report: { why: told } }])
    t.equal(await site.runs('web.service'), before)
    t.equal(await site.property('web', 'InvocationID'), invocation, 'it was not even restarted')
    await site.sh(mend)
    matchAll(t, await trigger('trigger web'), [
      { outcome: 'updated', report: { old: { id: before }, new: { id: next } } },
    ])
    t.equal(await site.runs('web.service'), next)
    before = next
  })
}

t.test('one image, two units, bad for one: each is judged alone, and stays on what it runs', async t => {
  const up = `trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done`
  const old = await push('shared', '1', ['sh', '-c', up])
  const image = `${REGISTRY}/shared:latest`
  await site.container('calm', image)
  await site.container('fussy', image, 'Environment=FUSSY=1\n')
  await site.start('calm', 'fussy')
  const next = await push('shared', '2', ['sh', '-c', `test -z "$FUSSY" || exit 3; ${up}`])
  const outcomes = (tasks: Task[]) => Object.fromEntries(tasks.map(({ unit, outcome }) => [unit, outcome]))
  const both = { 'calm.service': 'updated', 'fussy.service': 'rolled-back' }
  t.match(outcomes(await trigger('trigger fussy calm')), both)
  const runs = async () => [await site.runs('calm.service'), await site.runs('fussy.service')]
  t.strictSame(await runs(), [next, old])
  await site.sh('systemctl restart calm fussy')
  t.strictSame(await runs(), [next, old], 'after a restart by hand too')
  t.match(outcomes(await trigger('trigger calm fussy')), {
    'calm.service': 'unchanged',
    'fussy.service': 'skipped',
  })
  t.strictSame(await runs(), [next, old])
  const fixed = await push('shared', '3', ['sh', '-c', up])
  t.match(outcomes(await trigger('trigger calm fussy')), {
    'calm.service': 'updated',
    'fussy.service': 'updated',
  })
  t.strictSame(await runs(), [fixed, fixed])
})
