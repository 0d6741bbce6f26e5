// README.md and its pages, followed word for word on a fresh Debian 13 host: from nothing to the first delivered upgrade by the package of
// a release, for root's containers behind Caddy and for a user's own behind nginx; then what they say of every day; and once more
// from source, without setup. A line that does not work as it is written is a mistake there. What cannot be done word for word
// is in stand-ins.ts.
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { sign } from '../support/request.js'
import { bot, ciJob, forget, hold, privateRegistry, rotate } from './every-day.js'
import { bootHost } from './host.js'
import { asTold, block, type Step, section, steps, type } from './manual.js'
import { metrics } from './metrics.js'
import { deliver, type Owned, own, PUSHED } from './owned.js'
import { release } from './released.js'
import { ONLY_INSTALLABLE } from './rootfs.js'
import { deliveryBody, openApi, STAND_INS, STAND_INS_FROM_SOURCE } from './stand-ins.js'
import { ban, flood, socketFile } from './strangers.js'
import { apprise } from './told.js'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const FAST = 'WEBHOOK_SETTLE_SECS=2\nWEBHOOK_LIMIT1_COUNT=10\n'

const dist = t.testdir()
release(dist)

for (const scope of ['rootful', 'rootless'] as const) {
  t.test(scope, async t => {
    const host = await bootHost({ binds: [{ from: dist, to: '/release' }] })
    t.teardown(() => host.stop())
    const owned = own(host, scope)
    await host.pushImage(PUSHED, { version: '1' })
    await t.test('from nothing to the first delivered upgrade', t => follow(t, owned))
    await host.sh(`printf '${FAST}' >>${owned.envFile}`)
    await t.test('the examples with curl', t => examples(t, owned))
    await openApi(owned)
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
    await t.test('the package is taken away', t => takeAway(t, owned))
    await t.test('once more, from source and by hand', t => followFromSource(t, owned))
    await t.test('secrets are nowhere', t => secretsAreNowhere(t, owned))
  })
}

/** By the package of a release, which setup makes listen. */
async function follow(t: Test, owned: Owned): Promise<void> {
  let pasted = ''
  for (const step of stepsOf(t, owned, 'Run it on my host', [...STAND_INS, ...Object.keys(SEEN)])) {
    const { title, text } = step
    await standIn(t, owned, title, STAND_INS, pasted)
    if (title === 'Let the internet in') {
      const [, url = 'none'] = /Payload URL\s+`(\S+)`/.exec(text) ?? []
      const pattern = `Payload URL {3}${url.replace('PREFIX', '[0-9a-f]{32}')}\n`
      t.match(pasted, new RegExp(pattern), 'what setup prints is what GitHub is given')
      await firstDelivery(t, owned)
    }
    const script = (text: string) => text.replaceAll('X.Y.Z', version)
    const lines = title === 'Set it up' ? (it: string) => answered(owned, it, text) : script
    const said = await typeAll(t, owned, { ...step, scripts: step.scripts.map(lines) }, SEEN)
    if (title === 'Set it up') pasted = said
  }
  t.match(
    await owned.host.sh(`cat ${owned.envFile}`),
    /^# --- Who may ask -/m,
    'the configuration explains itself',
  )
}

/** As a clone has it, without setup, and with the lines of the manual for the proxy. */
async function followFromSource(t: Test, owned: Owned): Promise<void> {
  for (const heading of ['From source', 'What setup does, by hand']) {
    for (const step of stepsOf(t, owned, heading, [])) {
      await standIn(t, owned, step.title, STAND_INS_FROM_SOURCE)
      // The one thing that is left out; STAND_INS_FROM_SOURCE says why.
      const line = (text: string) =>
        step.title === 'Packages' ? text.replace(` ${ONLY_INSTALLABLE} `, ' ') : text
      await typeAll(t, owned, { ...step, scripts: step.scripts.map(line) }, SEEN_FROM_SOURCE)
      if (step.title === 'A secret') await owned.host.sh(`printf '${FAST}' >>${owned.envFile}`)
    }
  }
  await firstDelivery(t, owned)
  const { host, scope } = owned
  const goals = block(section('Uninstall'), 'sh').trim().split('\n')
  const own = (line: string) =>
    scope === 'rootful' ? line : asTold(scope, line).replace(/make \w+/, '$&-user')
  const said: string[] = []
  for (const line of goals) said.push(await type(host, own(line)))
  t.match(said[0], /^Left: the configuration in /m)
  t.match(said[1], /^Removed: also the configuration in /m)
  t.equal(await host.sh(`ls ${owned.envFile} 2>/dev/null || echo gone`), 'gone')
}

const titleOf = (known: string | { readonly step: string }): string =>
  typeof known === 'string' ? known : known.step

/** The steps of a section; those that are spoken of here have to be there. */
function stepsOf(
  t: Test,
  { scope }: Owned,
  heading: string,
  spokenOf: readonly (string | { readonly step: string })[],
): Step[] {
  const all = steps(scope, heading)
  const gone = spokenOf.map(titleOf).filter(step => !all.some(({ title }) => title.startsWith(step)))
  t.strictSame(gone, [], 'every step that is spoken of here is in the manual')
  return all
}

async function standIn(
  t: Test,
  { host, scope }: Owned,
  title: string,
  standIns: typeof STAND_INS,
  pasted = '',
): Promise<void> {
  for (const { why, stand } of standIns.filter(({ step }) => title.startsWith(step))) {
    t.comment(`${title}: ${why.replace(/\s+/g, ' ')}`)
    await stand(host, scope, pasted)
  }
}

/** Types the lines of a step, and looks for what a person sees at its end. */
async function typeAll(t: Test, { host }: Owned, { title, scripts }: Step, seen: Seen): Promise<string> {
  let said = ''
  for (const script of scripts) said += await type(host, script)
  for (const words of seen[title] ?? []) t.match(said, words, title)
  return said
}

/** Root answers what is asked, on a terminal; the user says it with the options that the step names. */
function answered({ scope }: Owned, script: string, text: string): string {
  if (scope === 'rootful')
    return `node /src/tests/support/answer.mjs '${script.trim()}' web hooks.example.org '' ''`
  const [, options = 'none'] = /with `(--units [^`]+)` it asks nothing/.exec(text) ?? []
  return `${script.trim()} ${options}`
}

/** As somebody has set it up there: a ping at once, and then there is a push. */
async function firstDelivery(t: Test, owned: Owned): Promise<void> {
  const { host, site, value, payloadUrl, secrets } = owned
  const first = await site.runs('web.service')
  t.not(first, '', 'a version runs')
  const secret = await value('GITHUB_WEBHOOK_SECRET')
  secrets.push(secret)
  const hello = '{"zen":"Speak like a human.","hook_id":1}'
  t.match(await deliver(owned, secret, 'ping', hello), /^200 /, 'a ping')
  const second = await host.pushImage(PUSHED, { version: `delivered ${secrets.length}` })
  t.match(await deliver(owned, secret, 'package', deliveryBody()), /^202 .*"unit":"web.service"/, 'a push')
  await host.waitFor('the task to be done', async () => (await site.tasks())[0]?.state === 'done')
  t.equal(await site.runs('web.service'), second, 'the push has become a running upgrade')
  t.match(await deliver(owned, 'no secret', 'package', deliveryBody()), /^401 /, 'a stranger')
  const api = (await payloadUrl()).replace('/hooks/github', '/api/v1/units')
  t.equal(await host.sh(`curl -s -o /dev/null -w '%{http_code}' ${api}`), '404', 'all else stays inside')
}

type Seen = Readonly<Record<string, readonly RegExp[]>>

/** What a person sees at the end of a step. */
const SEEN: Seen = {
  Install: [/curl is already the newest version/, /^Setting up pod-upgrade-trigger \(/m],
  'Set it up': [
    /^ {2}web +ghcr\.io\/you\/web:latest$/m,
    /A test delivery, .*: answered 200 in /,
    /ok +web\.service +ghcr\.io\/you\/web:latest/,
    /^0 problems, /m,
  ],
  'Let the internet in': [
    /^web +ok +ghcr\.io\/you\/web:latest/m,
    /202 +POST \/hooks\/github +task 1\n/,
    /200 +POST \/hooks\/github +ping\n/,
    /1 +\S+ \S+ +web\.service +updated/,
    /task 1: web\.service updated \([0-9a-f]{12} -> [0-9a-f]{12}\)/,
  ],
}

const SEEN_FROM_SOURCE: Seen = {
  Packages: [/git is already the newest version/, /podman is already the newest/, /0 newly installed/],
  'Build and install': [/build\.mjs/, /^Next: \S+ setup$/m],
  'A secret': [/^GITHUB_WEBHOOK_SECRET=[0-9a-f]{64}\nWEBHOOK_MANUAL_UNITS=web\n$/],
  Listen: [/ok +web\.service +ghcr\.io\/you\/web:latest/, /^0 problems, /m],
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

/** What other tests here have put beside it is taken away too: the next installation is to find nothing. */
async function takeAway(t: Test, { host, scope, site, envFile }: Owned): Promise<void> {
  const [remove = '', purge = ''] = block(section('Upgrade and uninstall'), 'sh').trim().split('\n')
  await type(host, remove)
  t.equal(await site.sh('curl -s http://127.0.0.1:9787/health || echo refused'), 'refused')
  t.match(await host.sh(`cat ${envFile}`), 'GITHUB_WEBHOOK_SECRET', 'the configuration stays')
  await type(host, purge)
  const left = await host.sh(`ls ${envFile} 2>/dev/null || echo gone`)
  t.equal(left, scope === 'rootful' ? 'gone' : envFile, 'what is in homes stays')
  if (scope === 'rootful') await host.sh('rm -r /etc/systemd/system/pod-upgrade-trigger*.d')
  else
    await site.sh(`rm -r ~/.config/pod-upgrade-trigger ~/.local/state/pod-upgrade-trigger
      find ~/.config/systemd -name 'pod-upgrade-trigger*' -exec rm -r {} +`)
  await site.sh(`${site.systemctl} daemon-reload`)
}

async function afterwards(t: Test, { site }: Owned): Promise<void> {
  const findings: { check: string; verdict: string }[] = JSON.parse(await site.program('doctor --json'))
  const wrong = findings.filter(({ verdict, check }) => verdict !== 'ok' && check !== 'clock') // the lab's own
  t.strictSame(wrong, [], 'the doctor finds nothing')
  t.match(await site.program('status'), /^(next look by itself: in|looking by itself just now)/m)
}

async function secretsAreNowhere(t: Test, { host, secrets }: Owned): Promise<void> {
  const journal = await host.sh('journalctl --no-pager')
  t.match(journal, /POST \/hooks\/github 202/)
  t.equal(secrets.length, 4)
  for (const secret of secrets) {
    t.notOk(journal.includes(secret), 'a secret is in no line of the journal')
    t.notOk(journal.includes(sign(deliveryBody(), secret).slice(7)), 'nor is a signature')
  }
}
