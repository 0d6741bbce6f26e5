// The Debian packages, by dpkg itself: installed, upgraded while requests come in, the one replaced by the other, removed and
// purged, for root's manager and for that of a user. The one with Node is used where there is no other.
import { execFileSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { bootHost, type Host } from './host.js'
import { bundled, OURS, release, UNLIMITED } from './released.js'
import { Site, TOKEN } from './site.js'

const ENV = '/etc/pod-upgrade-trigger/env'
const LISTENING = 'pod-upgrade-trigger.socket pod-upgrade-trigger.timer'
const IMAGE = 'localhost:5000/acme/web:latest'
const CONFIGURATION = `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS=web
WEBHOOK_SETTLE_SECS=1
WEBHOOK_LIMIT1_COUNT=10000
WEBHOOK_LIMIT2_COUNT=10000
`

t.test('installed, upgraded, removed, purged', async t => {
  const dist = t.testdir()
  const { deb } = release(dist)
  const big = bundled(dist)
  makeOlder(`${dist}/${deb}`, `${dist}/older.deb`)
  const host = await bootHost({ binds: [{ from: dist, to: '/release' }] })
  t.teardown(() => host.stop())
  await host.write('/run/systemd/system/pod-upgrade-trigger.socket.d/fast.conf', UNLIMITED)
  const root = new Site(host, 'rootful')
  const alice = new Site(host, 'rootless')

  await t.test('installed', async t => {
    t.match(await host.sh('dpkg -i /release/older.deb 2>&1'), /^Next: pod-upgrade-trigger setup, /m)
    t.equal(
      await host.sh(`stat -c '%a %U' ${ENV}; cmp ${ENV} /usr/share/pod-upgrade-trigger/env.template`),
      '600 root',
    )
    for (const site of [root, alice])
      t.strictSame(await listening(site), 'disabled disabled inactive inactive')
  })
  // One after the other, since both listen on the same port.
  for (const site of [alice, root]) await t.test(site.systemctl, t => upgradesUnit(t, host, site, 'small'))

  await t.test('upgraded', async t => {
    const sending = root.sh(`while test ! -e /tmp/stop; do curl -sS -o /dev/null -m 60 -w '%{http_code}\\n' \\
      -H 'Authorization: Bearer ${TOKEN}' http://127.0.0.1:9787/api/v1/tasks 2>&1 || true; done`)
    for (const it of [deb, 'older.deb', big, deb, big, deb]) await host.sh(`dpkg -i /release/${it} 2>&1`)
    await host.sh('touch /tmp/stop')
    const fates = (await sending).split('\n')
    t.ok(fates.length > 3, `${fates.length} requests meanwhile`)
    t.strictSame([...new Set(fates)], ['200'], 'each was answered')
    // The lab's dpkg keeps no documentation.
    t.equal(
      await host.sh("dpkg --verify pod-upgrade-trigger | grep -v '/usr/share/\\(doc\\|man\\)/' || true"),
      '',
    )
    t.equal(`${await host.sh(`cat ${ENV}`)}\n`, CONFIGURATION)
    t.equal(await listening(root), 'enabled enabled active active')
  })

  await t.test('with its own Node, by apt', async t => {
    await host.sh(`apt-get install -y /release/${big} 2>&1`)
    t.equal(await listening(root), 'enabled enabled active active')
    await host.sh('dpkg-divert --local --rename --divert /usr/bin/away /usr/bin/node')
    t.equal(await host.sh('command -v node || echo none'), 'none')
    t.match(await host.sh('pod-upgrade-trigger --version'), /^\d/)
    await root.sh(`systemctl disable --now ${LISTENING}`)
    for (const site of [alice, root]) await t.test(site.systemctl, t => upgradesUnit(t, host, site, 'big'))
    await host.sh('dpkg -P pod-upgrade-trigger')
    t.equal(`${await host.sh(`cat ${ENV}`)}\n`, CONFIGURATION, 'what is left of the other may go')
  })

  await t.test('removed', async t => {
    await alice.sh(`${alice.systemctl} start pod-upgrade-trigger.timer`)
    await host.sh('dpkg -r pod-upgrade-trigger-bundled')
    for (const site of [root, alice])
      t.equal(
        await site.sh(`${site.systemctl} list-units --all --plain --no-legend 'pod-upgrade-trigger*.*[!e]'`),
        '',
      )
    t.equal(await host.sh('curl -s http://127.0.0.1:9787/health || echo refused'), 'refused')
    const left = (await host.sh(`${OURS} | grep -v '^/home/'`)).split('\n')
    t.ok(left.includes(ENV))
    t.ok(left.includes('/var/lib/pod-upgrade-trigger/events.db'))
    const more = left.filter(
      it => !/^\/etc\/pod-upgrade-trigger|^\/var\/lib\/pod-upgrade-trigger|\/stamp-/.test(it),
    )
    t.strictSame(more, [], 'only configuration and state are left')
  })

  await t.test('installed anew it finds them, and purged it leaves nothing', async t => {
    t.notMatch(await host.sh(`dpkg -i /release/${big} 2>&1`), /^Next:/m)
    t.equal(`${await host.sh(`cat ${ENV}`)}\n`, CONFIGURATION)
    t.equal(await listening(root), 'disabled disabled inactive inactive')
    await host.sh('dpkg -P pod-upgrade-trigger-bundled')
    t.equal(await host.sh(`${OURS} | grep -v '^/home/' || true`), '')
    t.ok(
      (await host.sh(OURS)).includes('/home/alice/.config/pod-upgrade-trigger/env'),
      'what is in homes stays',
    )
    t.equal(await host.sh('systemctl --failed --no-legend --plain'), '')
  })
})

async function upgradesUnit(t: Test, host: Host, site: Site, version: string): Promise<void> {
  await site.write('pod-upgrade-trigger/env', CONFIGURATION, '600')
  await site.container('web', IMAGE)
  await host.pushImage(IMAGE, { version: `${site.systemctl} ${version} 1` })
  await site.start('web.service')
  const second = await host.pushImage(IMAGE, { version: `${site.systemctl} ${version} 2` })
  await site.sh(`${site.systemctl} enable --now ${LISTENING}`)
  const { status, body } = await site.call('POST', '/api/v1/units/web/trigger')
  t.equal(status, 202, JSON.stringify(body))
  await host.waitFor('the task', async () => (await site.tasks())[0]?.state === 'done')
  t.equal(await site.runs('web.service'), second)
  const found: { verdict: string }[] = JSON.parse(await site.program('doctor --json || true'))
  t.strictSame(
    found.filter(({ verdict }) => verdict === 'problem'),
    [],
    'the doctor finds nothing wrong',
  )
  if (site.systemctl !== 'systemctl') await site.sh(`${site.systemctl} disable --now ${LISTENING}`)
}

const listening = async (site: Site): Promise<string> => {
  const ask = (what: string) => `${site.systemctl} ${what} ${LISTENING} || true`
  return (await site.sh(`${ask('is-enabled')}; ${ask('is-active')}`)).replaceAll('\n', ' ')
}

/** The same package with a lower version and another build of the program. */
function makeOlder(deb: string, older: string): void {
  const script = `tree=$(mktemp -d); dpkg-deb -R "$1" $tree; chmod 755 $tree
    echo '// older' >>$tree/usr/lib/pod-upgrade-trigger/pod-upgrade-trigger.cjs
    sed -i 's/^Version: .*/Version: 0.0.1/' $tree/DEBIAN/control
    dpkg-deb --build --root-owner-group $tree "$2"; rm -r $tree`
  execFileSync('sh', ['-euc', script, 'sh', deb, older], { stdio: 'pipe' })
}
