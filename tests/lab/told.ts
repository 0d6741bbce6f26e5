// "To be told" of units/doc/upgrades.md: what people are told by Apprise, which is installed here. The other commands are told in
// tests/journeys/told.test.ts.
import type { Test } from 'tap'
import { section } from './manual.js'
import { type Owned, PUSHED } from './owned.js'

/** Keeps what Apprise sends to a URL of its own scheme for JSON. */
const LISTENER = `import { createServer } from 'node:http'
import { appendFileSync } from 'node:fs'
createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  appendFileSync('/run/lab-told', JSON.stringify({ url: request.url, ...JSON.parse(body) }) + '\\n')
  response.end('ok')
}).listen(8099, '127.0.0.1')
`

export async function apprise(t: Test, { host, site, envFile }: Owned): Promise<void> {
  await host.write('/run/lab-told.mjs', LISTENER)
  await host.sh('systemd-run --quiet --unit=lab-told node /run/lab-told.mjs')
  await host.waitFor('the listener', async () => (await host.sh('ss -Hltn sport = :8099')) !== '')
  await host.write('/etc/apprise.conf', 'json://127.0.0.1:8099/hook\n', { mode: '600' })
  const [line = '', ...more] = section('To be told').match(/^WEBHOOK_NOTIFY_COMMAND=.*apprise.*$/gm) ?? []
  t.equal(more.length, 0)
  await host.sh(`cat >>${envFile}`, { input: `${line}\n` })
  await host.pushImage(PUSHED, { version: 'told' })
  t.match(await site.program('trigger web'), /^web\.service updated/)
  const told = (await host.sh('cat /run/lab-told')).trim().split('\n')
  t.equal(told.length, 1, 'once')
  const sentence = /^web\.service updated \([0-9a-f]{12} -> [0-9a-f]{12}\)$/
  t.match(JSON.parse(told[0] ?? ''), { url: '/hook', title: 'upgrade', message: sentence })
  await host.sh(`sed -i /^WEBHOOK_NOTIFY_COMMAND=/d ${envFile}; systemctl stop lab-told`)
}
