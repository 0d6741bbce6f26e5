// README.md, followed word for word on a fresh Debian 13 host: from nothing to the first delivered upgrade, for root's
// containers behind Caddy and for a user's own behind nginx, and then what it says of every day. A line that does not
// work as it is written is a mistake in README.md. What cannot be done word for word is in stand-ins.ts.
import t, { type Test } from 'tap'
import { sign } from '../support/request.js'
import { bot, ciJob, forget, hold, privateRegistry, rotate } from './every-day.js'
import { bootHost } from './host.js'
import { asTold, block, section, steps, type } from './manual.js'
import { metrics } from './metrics.js'
import { deliver, type Owned, own, PAYLOAD_URL, PUSHED } from './owned.js'
import { ONLY_INSTALLABLE } from './rootfs.js'
import { deliveryBody, openApi, STAND_INS } from './stand-ins.js'
import { ban, flood, socketFile } from './strangers.js'
import { apprise } from './told.js'

for (const scope of ['rootful', 'rootless'] as const) {
  t.test(scope, async t => {
    const host = await bootHost()
    t.teardown(() => host.stop())
    const owned = own(host, scope)
    const first = await host.pushImage(PUSHED, { version: '1' })
    await t.test('from nothing to the first delivered upgrade', t => follow(t, owned, first))
    await host.sh(`printf 'WEBHOOK_SETTLE_SECS=2\\nWEBHOOK_LIMIT1_COUNT=10\\n' >>${owned.envFile}`)
    await t.test('the examples with curl', t => examples(t, owned))
    await openApi(host, scope)
    await t.test('a flood of strangers', t => flood(t, owned))
    if (scope === 'rootful') {
      await t.test('a stranger is banned', t => ban(t, owned))
      await t.test('a file in place of the port', t => socketFile(t, owned))
    }
    if (scope === 'rootful') await t.test('metrics', t => metrics(t, owned))
    if (scope === 'rootful') await t.test('people are told', t => apprise(t, owned))
    await t.test('old records', t => forget(t, owned))
    if (scope === 'rootful') await t.test('a CI job', t => ciJob(t, owned))
    else await t.test('a chat bot', t => bot(t, owned))
    await t.test('back to the image before, by hand', t => hold(t, owned))
    if (scope === 'rootful') await t.test('a private registry', t => privateRegistry(t, owned))
    await t.test('a new secret', t => rotate(t, owned))
    await t.test('afterwards', t => afterwards(t, owned))
  })
}

async function follow(t: Test, owned: Owned, first: string): Promise<void> {
  const { host, scope } = owned
  const all = steps(scope)
  const known = ['On GitHub', ...STAND_INS.map(({ step }) => step), ...Object.keys(SEEN)]
  const gone = known.filter(step => !all.some(({ title }) => title.startsWith(step)))
  t.strictSame(gone, [], 'every step that is spoken of here is in README.md')
  for (const { title, scripts } of all) {
    for (const { why, stand } of STAND_INS.filter(({ step }) => title.startsWith(step))) {
      t.comment(`${title}: ${why.replace(/\s+/g, ' ')}`)
      await stand(host, scope)
    }
    if (title === 'On GitHub') await firstDelivery(t, owned, first)
    let said = ''
    for (const script of scripts) {
      // The one thing that is left out; STAND_INS says why.
      said += await type(host, title === 'Packages' ? script.replace(` ${ONLY_INSTALLABLE} `, ' ') : script)
    }
    for (const words of SEEN[title] ?? []) t.match(said, words, title)
  }
}

/** As somebody has set it up there: a ping at once, and then there is a push. */
async function firstDelivery(t: Test, { host, site, value, secrets }: Owned, first: string): Promise<void> {
  t.equal(await site.runs('web.service'), first, 'version 1 runs')
  const secret = await value('GITHUB_WEBHOOK_SECRET')
  secrets.push(secret)
  const hello = '{"zen":"Speak like a human.","hook_id":1}'
  t.match(await deliver(host, secret, 'ping', hello), /^200 /, 'a ping')
  const second = await host.pushImage(PUSHED, { version: '2' })
  t.match(await deliver(host, secret, 'package', deliveryBody()), /^202 .*"unit":"web.service"/, 'a push')
  await host.waitFor('the task to be done', async () => (await site.tasks())[0]?.state === 'done')
  t.equal(await site.runs('web.service'), second, 'the push has become a running upgrade')
  t.match(await deliver(host, 'no secret', 'package', deliveryBody()), /^401 /, 'a stranger')
  const api = PAYLOAD_URL.replace('/hooks/github', '/api/v1/units')
  t.equal(await host.sh(`curl -s -o /dev/null -w '%{http_code}' ${api}`), '404', 'all else stays inside')
}

/** What a person sees at the end of a step. */
const SEEN: Readonly<Record<string, readonly RegExp[]>> = {
  Packages: [/git is already the newest version/, /podman is already the newest/, /0 newly installed/],
  Install: [/build\.mjs/, /Next: edit/],
  'A secret': [/^GITHUB_WEBHOOK_SECRET=[0-9a-f]{64}\nWEBHOOK_MANUAL_UNITS=web\n$/],
  Listen: [/ok +web\.service +ghcr\.io\/you\/web:latest/, /^0 problems, /m],
  'See it': [
    /202 +POST \/hooks\/github +task 1\n/,
    /200 +POST \/hooks\/github +ping\n/,
    /1 +\S+ \S+ +web\.service +updated/,
    /task 1: web\.service updated \([0-9a-f]{12} -> [0-9a-f]{12}\)/,
  ],
}

async function examples(t: Test, { host, scope, value, secrets }: Owned): Promise<void> {
  const said = section('Ways to ask')
  await type(host, asTold(scope, block(said, 'sh', 'WEBHOOK_TOKEN')))
  const examples = block(said, 'sh', '/health')
  const TOKEN = await value('WEBHOOK_TOKEN')
  const SECRET = await value('GITHUB_WEBHOOK_SECRET')
  secrets.push(TOKEN)
  const status = `curl() { command curl -sS -o /dev/null -w '%{http_code}\\n' "$@"; }\n`
  const statuses = (await type(host, status + examples, { TOKEN, SECRET })).trim().split('\n')
  t.equal(statuses.length, examples.match(/^curl /gm)?.length)
  t.strictSame(
    statuses.filter(code => !/^20[02]$/.test(code)),
    [],
    statuses.join(' '),
  )
}

async function afterwards(t: Test, { host, site, secrets }: Owned): Promise<void> {
  const findings: { check: string; verdict: string }[] = JSON.parse(await site.program('doctor --json'))
  const wrong = findings.filter(({ verdict, check }) => verdict !== 'ok' && check !== 'clock') // the lab's own
  t.strictSame(wrong, [], 'the doctor finds nothing')
  t.match(await site.program('status'), /^(next look by itself: in|looking by itself just now)/m)
  const journal = await host.sh('journalctl --no-pager')
  t.match(journal, /POST \/hooks\/github 202/)
  t.equal(secrets.length, 3)
  for (const secret of secrets) {
    t.notOk(journal.includes(secret), 'a secret is in no line of the journal')
    t.notOk(journal.includes(sign(deliveryBody(), secret).slice(7)), 'nor is a signature')
  }
}
