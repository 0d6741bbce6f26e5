// A registry that tells of its pushes itself: Debian's docker-registry with the lines that units/doc/senders.md has for it, on a real host.
// And with none of those lines that quieten it: a push of four architectures is then dozens of requests, which keep nobody out.
import t from 'tap'
import { pushed, sign } from '../support/request.js'
import { block, section } from './manual.js'
import { installed, type Site } from './site.js'

const SNIPPET = block(section('Other senders'), 'yaml', 'notifications:')
const SECRET = 'lab secret of a registry'
const GITHUB = 'lab secret of GitHub here'
const image = (name: string): string => `localhost:5000/acme/${name}:latest`
const ARCHITECTURES = ['amd64', 'arm64', 's390x', 'ppc64le']
const GITHUB_PATIENCE_MS = 10_000
const LIMIT_MS = 120_000

const settings = `DISTRIBUTION_WEBHOOK_SECRET="${SECRET}"
GITHUB_WEBHOOK_SECRET="${GITHUB}"
WEBHOOK_MANUAL_UNITS="web api"
WEBHOOK_SETTLE_SECS=1
`

t.test('a push to the registry is an upgrade of the unit, and of no other', async t => {
  const site = await installed('rootful', settings)
  const { host } = site
  t.teardown(() => host.stop())
  for (const name of ['web', 'api']) {
    await host.pushImage(image(name), { version: '1' })
    await site.container(name, image(name))
  }
  await site.start('web', 'api')
  const before = await site.runs('api.service')
  await notify(site, SNIPPET)

  const second = await host.pushImage(image('web'), { version: '2' })
  await host.waitFor('the upgrade', async () => (await site.runs('web.service')) === second, LIMIT_MS)
  await rest(site)
  t.strictSame(
    (await site.tasks()).map(({ unit, outcome, caller }) => [unit, outcome, caller]),
    [['web.service', 'updated', 'distribution']],
    'one task',
  )
  t.equal(await site.runs('api.service'), before, 'the other was not touched')
  const quiet = (await told(site)).length
  t.comment(`requests for a push of one image: ${quiet}`)
  t.ok(quiet <= 5, 'as few as it says there')

  await t.test('a storm of four architectures keeps no other sender out', async t => {
    await notify(site, SNIPPET.replace(/ +ignore:\n(?: {8,}.*\n)+/, ''))
    await host.pushImage(image('api'), { version: '2' }) // told of by GitHub, in the middle of the storm
    await rest(site)
    const known = (await told(site)).length
    await site.sh(`${site.systemctl} stop pod-upgrade-trigger.socket`) // so that all of it waits, and comes at once
    await host.pushImage(image('web'), { version: '3', architectures: ARCHITECTURES })
    await site.sh(`${site.systemctl} start pod-upgrade-trigger.socket`)
    await host.waitFor('the storm', async () => (await told(site)).length > known, LIMIT_MS)
    const tookMs = await deliver(site, 'api')
    t.comment(`a delivery of GitHub was answered after ${tookMs} ms`)
    t.ok(tookMs < GITHUB_PATIENCE_MS, 'before GitHub gives up')
    await host.waitFor(
      'the upgrade',
      async () => (await site.sh('podman exec systemd-web cat /version')) === `3-${ARCHITECTURES[0]}`,
      LIMIT_MS,
    )
    await rest(site)
    const storm = (await told(site)).length - known
    t.comment(`requests for a push of ${ARCHITECTURES.length} architectures: ${storm}`)
    t.ok(storm > 2 * ARCHITECTURES.length, 'a request for each blob and each manifest')
    t.equal(await site.sh('podman exec systemd-web cat /version'), `3-${ARCHITECTURES[0]}`)
    t.equal(await site.sh('podman exec systemd-api cat /version'), '2')
    const refused = (await told(site)).filter(({ status }) => Number(status) > 299)
    t.strictSame(refused, [], 'none is refused: the registry would repeat it for ever')
  })
  t.notMatch(await host.sh('journalctl --no-pager -u "pod-upgrade-trigger*"'), SECRET)
})

/** The registry of the lab, from now on with `lines` in its configuration. */
async function notify(site: Site, lines: string): Promise<void> {
  const own = lines
    .replace('https://hooks.example.org/PREFIX', 'http://127.0.0.1:9787')
    .replace('Bearer SECRET', `Bearer ${SECRET}`)
  await site.sh("sed -i '/^notifications:/,$d' /etc/lab-registry.yml")
  await site.host.sh('cat >>/etc/lab-registry.yml', { input: own })
  await site.sh('systemctl restart lab-registry')
  await site.host.waitFor('the registry', async () => {
    await site.sh('curl -fsS http://localhost:5000/v2/')
    return true
  })
}

const told = async (site: Site): Promise<Record<string, unknown>[]> =>
  JSON.parse(await site.program('events --action=hook-distribution --limit=1000 --json'))

/** Until nothing of ours runs any more. */
const rest = (site: Site): Promise<void> =>
  site.host.waitFor(
    'the tasks to end',
    async () =>
      (await site.sh(
        `${site.systemctl} list-units --all --no-legend --plain 'pod-upgrade-trigger-*.service' 'pod-upgrade-trigger@*'`,
      )) === '',
    LIMIT_MS,
  )

/** As GitHub tells of a push. Gives how long the answer took. */
async function deliver(site: Site, name: string): Promise<number> {
  const body = pushed(image(name))
  await site.host.write('/root/delivery.json', body)
  const answer =
    await site.sh(`curl -sS -m 60 -o /dev/null -w '%{http_code} %{time_total}' --data-binary @/root/delivery.json \\
    -H 'Content-Type: application/json' -H 'X-GitHub-Event: package' -H 'X-GitHub-Delivery: in-a-storm' \\
    -H 'X-Hub-Signature-256: ${sign(body, GITHUB)}' http://127.0.0.1:9787/hooks/github`)
  const [status, seconds] = answer.split(' ')
  if (status !== '202') throw new Error(`GitHub was answered ${answer}`)
  return Math.round(Number(seconds) * 1000)
}
