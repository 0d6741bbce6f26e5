// "Several hosts" of units/doc/hosts.md: a canary and two others, each a host of its own, and one registry. The build's job is
// what the page has, word for word, but for the step of GitHub's own that builds.
import t, { type Test } from 'tap'
import { block, section } from './manual.js'
import { connect } from './network.js'
import { installed, type Site, TOKEN } from './site.js'

const REPOSITORY = 'registry.example.org:5000/you/web'
const ENV = `WEBHOOK_TOKEN=${TOKEN}\nWEBHOOK_MANUAL_UNITS=web\nWEBHOOK_SETTLE_SECS=2\nWEBHOOK_LIMIT1_COUNT=10\n`
const DIES = ['sh', '-c', 'sleep 1; exit 3']
const ARCHITECTURES = ['amd64', 'arm64']

const [, JOB = ''] = block(section('The job'), 'yaml').split(/^ *run: \|\n/m)

t.test('a bad image reaches the canary and nobody else; a good one all of them', async t => {
  const hosts = await boot(t)
  const [canary] = hosts
  const channel = (site: Site) => (site === canary ? 'canary' : 'stable')
  await canary.host.pushImage(`${REPOSITORY}:stable`, { version: '1', architectures: ARCHITECTURES })
  await canary.sh(`skopeo copy --all docker://${REPOSITORY}:stable docker://${REPOSITORY}:canary`)
  for (const site of hosts) {
    await site.container('web', `${REPOSITORY}:${channel(site)}`)
    await site.start('web')
  }
  const versions = () => Promise.all(hosts.map(site => site.sh('podman exec systemd-web cat /version')))
  const all = () => Promise.all(hosts.map(site => site.program('--all || true')))
  const tags = () => Promise.all(['canary', 'stable'].map(tag => digestOf(canary, tag)))
  t.strictSame(await versions(), ['1-amd64', '1-amd64', '1-amd64'])

  await push(canary, '2')
  t.match(await job(canary), /^exit 0\ncanary: updated /, 'good')
  t.equal(...((await tags()) as [string, string]), 'promoted, with all its platforms')
  t.strictSame(await versions(), ['2-amd64', '1-amd64', '1-amd64'], 'nobody was told yet')
  t.match(await job(canary), /^exit 0\ncanary: unchanged /, 'the job may be run again')
  await all()
  t.strictSame(await versions(), ['2-amd64', '2-amd64', '2-amd64'], 'their timers find it')
  await quiet(t, all, hosts)

  const before = await tags()
  await push(canary, '3', DIES)
  t.match(await job(canary), /^exit 1\ncanary: rolled-back the unit is failed/, 'bad')
  t.equal((await tags())[1], before[1], 'the tag of the others was not moved')
  t.match(await job(canary), /^exit 1\ncanary: skipped known bad/, 'nor is it by the same job once more')
  await quiet(t, all, hosts)
  t.strictSame(await versions(), ['2-amd64', '2-amd64', '2-amd64'], 'all run what ran well')

  await push(canary, '4')
  const [superseded] = await tags()
  await push(canary, '5')
  t.match(await job(canary, superseded), /^exit 1\ncanary: updated$/, 'a newer one was pushed meanwhile')
  t.equal((await tags())[1], before[1], 'and it is for its own job to promote that')
  t.match(await job(canary), /^exit 0\ncanary: unchanged /)
  await all()
  t.strictSame(await versions(), ['5-amd64', '5-amd64', '5-amd64'])
})

/** The first is the canary, and has the registry. */
async function boot(t: Test): Promise<readonly [Site, Site, Site]> {
  const sites: Site[] = []
  t.teardown(() => Promise.all(sites.map(({ host }) => host.stop())))
  for (let n = 0; n < 3; n++) sites.push(await installed('rootful', ENV))
  const [canary, ...others] = sites as [Site, Site, Site]
  const plain = `[[registry]]\nlocation = "registry.example.org:5000"\ninsecure = true\n`
  for (const site of sites) await site.write('containers/registries.conf.d/hosts.conf', plain)
  await canary.sh('echo 127.0.0.1 registry.example.org >>/etc/hosts')
  for (const site of others) {
    const address = await connect(canary.host, site.host)
    await site.sh(`echo ${address} registry.example.org >>/etc/hosts`)
  }
  return [canary, ...others]
}

const push = (canary: Site, version: string, cmd?: string[]): Promise<string> =>
  canary.host.pushImage(`${REPOSITORY}:canary`, {
    version,
    architectures: ARCHITECTURES,
    ...(cmd && { cmd }),
  })

const digestOf = (canary: Site, tag: string): Promise<string> =>
  canary.sh(`skopeo inspect --no-tags --format '{{.Digest}}' docker://${REPOSITORY}:${tag}`)

/** The job of a build, for what `:canary` names now. Gives its exit status, and what it said. */
async function job(canary: Site, digest?: string): Promise<string> {
  const pushed = digest ?? (await digestOf(canary, 'canary'))
  await canary.host.write('/root/job', JOB)
  const given = `TOKEN=${TOKEN} CANARY=http://127.0.0.1:9787 IMAGE=${REPOSITORY} DIGEST=${pushed}`
  return canary.sh(
    `said=$(env ${given} bash -e /root/job 2>&1) && code=0 || code=$?; echo "exit $code"; echo "$said"`,
  )
}

/** A look of all timers at once is no upgrade. */
async function quiet(t: Test, all: () => Promise<string[]>, hosts: readonly Site[]): Promise<void> {
  for (const said of await all())
    t.notMatch(said, /^\S+ (updated|rolled-back|failed)/m, 'a look changes nothing')
  for (const site of hosts) t.equal(await site.property('web.service', 'ActiveState'), 'active')
}
