// "Strangers" of units/doc/internet.md, on a host where all of "Run it on my host" was done: who does not know the path does not cost a
// process, who does can be banned, and the port can be a file that nobody else takes.
import type { Test } from 'tap'
import { block, section, type } from './manual.js'
import { deliver, type Owned } from './owned.js'

const SAID = section('Strangers')
const FILE = section('A file in place of the port')
const PING = '{"zen":"Speak like a human.","hook_id":1}'
const PINGS = 6
const FLOOD_SECS = 20
const GITHUB_PATIENCE_MS = 10_000

const accepted = async ({ site }: Owned): Promise<number> =>
  Number(await site.property('pod-upgrade-trigger.socket', 'NAccepted'))

async function pings(owned: Owned): Promise<number[]> {
  const secret = await owned.value('GITHUB_WEBHOOK_SECRET')
  const took: number[] = []
  for (let index = 0; index < PINGS; index++) {
    const began = performance.now()
    const answer = await deliver(owned, secret, 'ping', PING)
    took.push(answer.startsWith('200 ') ? Math.round(performance.now() - began) : Number.POSITIVE_INFINITY)
  }
  return took.sort((a, b) => a - b)
}

/** A thousand requests a second for what is not there: the proxy answers them, and a delivery does not notice. */
export async function flood(t: Test, owned: Owned): Promise<void> {
  const quiet = await pings(owned)
  const before = await accepted(owned)
  const payloadUrl = await owned.payloadUrl()
  const elsewhere = payloadUrl.replace(/\/[0-9a-f]{32}\//, '/')
  t.not(elsewhere, payloadUrl)
  const flooding = owned.host.sh(`exec node /src/tests/lab/flood.mjs get ${elsewhere} 1000 ${FLOOD_SECS}`)
  const took = await pings(owned)
  const { sent, counts } = JSON.parse(await flooding)
  t.comment(
    `a ping took ${quiet} ms, and ${took} ms beside ${sent} requests in ${FLOOD_SECS} s: ${JSON.stringify(counts)}`,
  )
  t.ok(sent > 500 * FLOOD_SECS, 'it was a flood')
  t.strictSame(Object.keys(counts), ['404'], 'the proxy has answered all of it')
  t.ok((took.at(-1) ?? Number.POSITIVE_INFINITY) < GITHUB_PATIENCE_MS, 'GitHub would have waited for each')
  const closed = JSON.parse(
    await owned.host.sh(`exec node /src/tests/lab/flood.mjs closed ${payloadUrl} 500 4`),
  ).counts
  t.comment(`opened and closed: ${JSON.stringify(closed)}`)
  const after = await pings(owned)
  t.ok(
    (after.at(-1) ?? Number.POSITIVE_INFINITY) < GITHUB_PATIENCE_MS,
    'nor does it notice two thousand that are opened and closed',
  )
  t.equal((await accepted(owned)) - before, 2 * PINGS, 'no process was started but for the deliveries')
}

/** Of the addresses that nobody has, 127.0.0.5 can be had here. */
export async function ban(t: Test, { host, site, payloadUrl }: Owned): Promise<void> {
  const url = await payloadUrl()
  for (const _ of [1, 2, 3]) await host.sh(`curl -s -o /dev/null --interface 127.0.0.5 -d '{}' ${url}`)
  await host.sh(`curl -s -o /dev/null --interface 127.0.0.6 -H 'X-Forwarded-For: 127.0.0.7' -d '{}' ${url}`)
  const from = (address: string) =>
    site.sh(`journalctl -t pod-upgrade-trigger -o cat | grep -c '^${address} POST ' || true`)
  t.equal(await from('127.0.0.5'), '3', 'the journal says who it was')
  t.equal(await from('127.0.0.7'), '0', 'and not whom they pretend to be')
  const filter = /^ *`(\/usr\/share\S+fail2ban\.conf)`/m.exec(SAID)?.[1] ?? ''
  const jail = '/etc/fail2ban/filter.d/pod-upgrade-trigger.conf'
  t.match(SAID, jail)
  await host.sh(`ln -s ${filter} ${jail}; mkdir -p /etc/fail2ban/jail.d`)
  await host.write('/etc/fail2ban/jail.local', block(SAID, 'ini', 'maxretry'))
  await host.sh('fail2ban-client --test')
  const found = await host.sh(`fail2ban-regex --print-all-matched systemd-journal ${jail}`)
  t.match(found, /\|- Matched line\(s\):(.*\n)*.*127\.0\.0\.5 POST \/hooks\/github 4/)
  t.notMatch(found, /POST \/hooks\/github 20/, 'nobody is banned for what is accepted')
}

/** In place of the port: the same deliveries, and no way in for others. */
export async function socketFile(t: Test, owned: Owned): Promise<void> {
  const { host, site, envFile } = owned
  await site.unit('pod-upgrade-trigger.socket.d/override.conf', block(FILE, 'ini', 'ListenStream'))
  await site.sh('systemctl daemon-reload')
  t.match(await type(host, block(FILE, 'sh', 'unix-socket')), /"status":"ok"/)
  const [, caddy = ''] = /In Caddy it is `([^`]+)`/.exec(FILE) ?? []
  await host.sh(`sed -i 's|127.0.0.1:9787|${caddy}|' /etc/caddy/Caddyfile; systemctl reload caddy`)
  await host.sh(`sed -i 's/^WEBHOOK_TRUSTED_PROXIES=.*/WEBHOOK_TRUSTED_PROXIES=unix/' ${envFile}`)
  const secret = await owned.value('GITHUB_WEBHOOK_SECRET')
  t.match(await deliver(owned, secret, 'ping', PING), /^200 /, 'a ping through the proxy')
  const [newest] = await site.events()
  t.match(newest, { status: 200, remote_addr: '127.0.0.1' }, 'whose client is told')
  const alice = await host.run(
    ['curl', '-s', '--unix-socket', '/run/pod-upgrade-trigger.sock', 'http://x/health'],
    {
      user: 'alice',
    },
  )
  t.equal(alice.code, 7, 'another user of the host cannot connect')
  const taken = await host.run(['sh', '-c', 'ln -sf /dev/null /run/pod-upgrade-trigger.sock'], {
    user: 'alice',
  })
  t.not(taken.code, 0, 'nor take its place')
  t.match(await site.program('doctor'), /listens on \/run\/pod-upgrade-trigger\.sock/)
  t.equal(await host.sh('ss -Hltn sport = :9787'), '', 'there is no port any more')
}
