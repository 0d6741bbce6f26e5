// "From day to day", what is set up once, and the callers that are not GitHub, as its owner does it on a host where all of
// "Run it on my host" was done.
import type { Test } from 'tap'
import { asTold, block, section, type } from './manual.js'
import { deliver, type Owned, PUSHED } from './owned.js'

const DAILY = section('From day to day')
const WAYS = section('Ways to ask')

/** With this host's own URL in place of the one that stands for it. */
const known = async (text: string, value: Owned['value']): Promise<string> =>
  text.replaceAll('https://hooks.example.org/PREFIX', await value('WEBHOOK_PUBLIC_URL'))

/** Each run of the timer's service prunes first. */
export async function forget(t: Test, { site }: Owned): Promise<void> {
  await site.unit('pod-upgrade-trigger.service.d/override.conf', block(section('Old records'), 'ini'))
  await site.sh(`${site.systemctl} daemon-reload; ${site.systemctl} start pod-upgrade-trigger.service`)
  t.equal(await site.property('pod-upgrade-trigger.service', 'Result'), 'success')
  t.match(await site.host.journal(500), /removed 0 events, 0 tasks/)
}

export async function ciJob(t: Test, { host, site, value }: Owned): Promise<void> {
  const [, job = ''] = (await known(block(WAYS, 'yaml'), value)).split(/^ *run: \|\n/m)
  await host.write('/home/alice/job', job.replace(/^ {4}/gm, ''), { user: 'alice' })
  const TOKEN = await value('WEBHOOK_TOKEN')
  const ci = () => host.run(['bash', '-e', '/home/alice/job'], { user: 'alice', env: { TOKEN } })

  const third = await host.pushImage(PUSHED, { version: '3' })
  t.match(await ci(), { code: 0, stdout: 'web: updated\n' }, 'after a push the job succeeds')
  t.equal(await site.runs('web.service'), third)
  await host.pushImage(PUSHED, { version: 'bad', cmd: ['sh', '-c', 'exit 3'] })
  t.match(await ci(), { code: 1, stdout: 'web: rolled-back\n' }, 'the job fails where the upgrade did')
  t.equal(await site.runs('web.service'), third)
}

export async function bot(t: Test, { host, site, value }: Owned): Promise<void> {
  const asked = (text: string) =>
    `await upgrade({ command: { text: '${text}', user_name: 'ann' }, ack: async () => {}, respond: console.log })\n`
  const code = await known(block(WAYS, 'js'), value)
  await host.write('/home/alice/bot.mjs', code + asked('web') + asked('web2'), { user: 'alice' })
  const third = await host.pushImage(PUSHED, { version: '3' })
  const env = {
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
    TOKEN: await value('WEBHOOK_TOKEN'),
  }
  const said = await host.run(['node', '/home/alice/bot.mjs'], { user: 'alice', env })
  t.match(said, { code: 0, stdout: /^web\.service updated \nunits\.0 web2\.service is not enabled\n$/ })
  t.equal(await site.runs('web.service'), third)
}

export async function hold(t: Test, { host, site, scope }: Owned): Promise<void> {
  const before = await site.runs('web.service')
  const fourth = await host.pushImage(PUSHED, { version: '4' })
  t.match(await site.program('trigger web'), /web\.service updated/)
  const lines = block(DAILY, 'sh', 'release web').trim().split('\n')
  const tell = async (verb: string) =>
    type(host, asTold(scope, lines.find(line => line.includes(` ${verb} `)) ?? 'false'))
  await tell('rollback')
  t.equal(await site.runs('web.service'), before, 'back on the image before')
  t.match(await site.program('--all'), /web\.service skipped .*held: slow since noon/, 'also for the timer')
  await tell('hold')
  t.match(await site.program('units'), /held: until the audit/)
  await tell('release')
  t.match(await site.program('trigger web'), /web\.service updated/, 'followed again')
  t.equal(await site.runs('web.service'), fourth)
}

/** ghcr.io is not there: the same for a registry of the lab that lets nobody in without a password. */
export async function privateRegistry(t: Test, { host, site, envFile }: Owned): Promise<void> {
  await host.sh(`perl -e 'print "you:", crypt("hers", q($2y$05$abcdefghijklmnopqrstuu)), "\n"' >/etc/lab-passwords
    sed 's|:5000|:5001|; s|/lab-registry|/lab-private|' /etc/lab-registry.yml >/etc/lab-private.yml
    echo 'auth: { htpasswd: { realm: lab, path: /etc/lab-passwords } }' >>/etc/lab-private.yml
    sed 's|5000|5001|' /etc/containers/registries.conf.d/lab.conf >/etc/containers/registries.conf.d/private.conf
    systemd-run --quiet --unit=lab-private /usr/local/bin/docker-registry serve /etc/lab-private.yml`)
  const isUp = async () => (await host.sh('curl -s http://localhost:5001/v2/')).includes('UNAUTHORIZED')
  await host.waitFor('the private registry', isUp)
  const login = block(section('A private registry'), 'sh', 'podman login').replace(
    'ghcr.io',
    '--username=you --password-stdin localhost:5001',
  )
  await type(host, `echo hers | ${login}`)
  const image = 'localhost:5001/you/private:latest'
  await host.pushImage(image, { version: 'private 1' })
  await site.container('private', image)
  await site.start('private')
  await host.sh(`sed -i 's/^WEBHOOK_MANUAL_UNITS=.*/WEBHOOK_MANUAL_UNITS="web private"/' ${envFile}`)
  const second = await host.pushImage(image, { version: 'private 2' })
  const asked = 'systemd-run --quiet --pipe --wait --collect pod-upgrade-trigger trigger private'
  t.match(await host.sh(asked), /private\.service updated/, 'from a unit, which has no HOME')
  t.equal(await site.runs('private.service'), second)
}

export async function rotate(t: Test, owned: Owned): Promise<void> {
  const { host, envFile, value, secrets } = owned
  const old = await value('GITHUB_WEBHOOK_SECRET')
  const next = 'f00d'.repeat(16)
  const both = block(DAILY, 'sh', 'the new one').replace('the new one', next).replace('the old one', old)
  await host.sh(`sed -i /^GITHUB_WEBHOOK_SECRET=/d ${envFile}; cat >>${envFile}`, { input: both })
  secrets.push(next)
  for (const secret of [old, next]) t.match(await deliver(owned, secret, 'ping', '{"zen":"x"}'), /^200 /)
  t.match(await deliver(owned, `${old}x`, 'ping', '{"zen":"x"}'), /^401 /)
}
