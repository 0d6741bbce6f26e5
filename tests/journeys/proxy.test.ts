// Behind a proxy every connection is the proxy's: who asked is what the proxy says, in the events, the journal and for fail2ban, and
// only where somebody has said that it may be believed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { delivery, requestBytes } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const FORWARDED = { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9' }
const TRUSTED = { WEBHOOK_TRUSTED_PROXIES: 'unix' } // as in these tests, a socket file has no address

const addresses = (world: World): unknown[] => world.events().map(({ remote_addr }) => remote_addr)

/** What fail2ban would do with the line, without what it makes of the journal's own words before it. */
const FILTER = readFileSync(
  join(import.meta.dirname, '../../units/share/pod-upgrade-trigger/fail2ban.conf'),
  'utf8',
)
const banned = (stderr: string): (string | undefined)[] => {
  const rule = /^failregex = \^%\(__prefix_line\)s(.*)$/m.exec(FILTER)?.[1] ?? '(?!)'
  const found = new RegExp(`^<5>${rule.replace('<ADDR>', '(?<address>[0-9a-f.:]+)')}`)
  return stderr.split('\n').flatMap(line => found.exec(line)?.groups?.['address'] ?? [])
}

journey(
  'an accepted delivery has the address of its sender, before it is answered',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const answer = await world.send(delivery({ headers: FORWARDED }))
    t.equal(answer.status, 202)
    t.strictSame(addresses(world), ['203.0.113.9'])
    t.match(answer.stderr, /^<5>203\.0\.113\.9 POST \/hooks\/github 202 /)
    t.strictSame(banned(answer.stderr), [], 'nobody is banned for that')
  },
  TRUSTED,
)

for (const [why, bytes, status] of [
  ['a wrong signature', delivery({ secret: 'of somebody else', headers: FORWARDED }), 401],
  ['a path that is not there', requestBytes('GET', '/.env', Object.entries(FORWARDED)), 404],
  ['another method', requestBytes('DELETE', '/health', Object.entries(FORWARDED)), 405],
] as const) {
  journey(
    `${why}: fail2ban can read who it was`,
    async (t, world) => {
      const { stderr, ...answer } = await world.send(bytes)
      t.equal(answer.status, status)
      t.strictSame(addresses(world), ['203.0.113.9'])
      t.strictSame(banned(stderr), ['203.0.113.9'])
    },
    TRUSTED,
  )
}

journey('a header that anybody may send is not believed', async (t, world) => {
  const { stderr } = await world.send(delivery({ secret: 'of somebody else', headers: FORWARDED }))
  t.strictSame(addresses(world), [undefined])
  t.strictSame(banned(stderr), [])
  t.notMatch(stderr, /203\.0\.113\.9|198\.51\.100\.1/)
})
