// `make install` from a release: over a running installation it loses no request, `make uninstall` leaves the
// configuration and the state, and `make purge` nothing.
import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { bootHost, type Host } from './host.js'
import { OURS, release, UNLIMITED } from './released.js'
import { type Scope, Site } from './site.js'

const SECRET = 'lab secret of the installation'
const IMAGE = 'localhost:5000/acme/web:latest'
const ENV = `GITHUB_WEBHOOK_SECRET="${SECRET}"\nWEBHOOK_MANUAL_UNITS=web\nWEBHOOK_SETTLE_SECS=1\nWEBHOOK_IMAGE_LIMIT_COUNT=10000\n`
const INSTALLATIONS = 6
interface Places {
  readonly scope: Scope
  /** Of the targets' names. */
  readonly user: string
  readonly env: string
  readonly lib: string
  /** What uninstall leaves. */
  readonly left: RegExp
  readonly said: RegExp
}
const SCOPES: readonly Places[] = [
  {
    scope: 'rootful',
    user: '',
    env: '/etc/pod-upgrade-trigger/env',
    lib: '/usr/local/lib/pod-upgrade-trigger',
    left: /^\/etc\/pod-upgrade-trigger(\/env)?$|^\/var\/lib\/(private\/)?pod-upgrade-trigger|\/timers\/stamp-/,
    said: /^Left: .*\/etc\/pod-upgrade-trigger .*\/var\/lib\/pod-upgrade-trigger; make purge /m,
  },
  {
    scope: 'rootless',
    user: '-user',
    env: '/home/alice/.config/pod-upgrade-trigger/env',
    lib: '/home/alice/.local/lib/pod-upgrade-trigger',
    left: /\/\.config\/pod-upgrade-trigger(\/env)?$|\/\.local\/state\/pod-upgrade-trigger|\/timers\/stamp-/,
    said: /^Left: .*\/alice\/\.config\/pod-.*\/alice\/\.local\/state\/pod-upgrade-trigger; make purge-user /m,
  },
]

t.test('from installation to nothing left', async t => {
  const dist = t.testdir()
  const { tarball } = release(dist)
  const host = await bootHost({ binds: [{ from: dist, to: '/release' }] })
  t.teardown(() => host.stop())
  for (const manager of ['system', 'user'])
    await host.write(`/run/systemd/${manager}/pod-upgrade-trigger.socket.d/fast.conf`, UNLIMITED)
  // Two releases whose programs differ, as far as one tree can make two: by a comment, and a custom section.
  await host.sh(`cd /tmp; mkdir old new; for it in old new; do tar -C $it --strip-components=1 -xf /release/${tarball}; done
    echo '// older' >>old/bin/pod-upgrade-trigger.cjs; printf '\\0\\2\\1a' >>old/bin/node-sqlite3-wasm.wasm; echo '# older' >>old/units/common/pod-upgrade-trigger.socket`)
  for (const places of SCOPES) await t.test(places.scope, t => journey(t, host, places))
})

async function journey(t: Test, host: Host, { scope, user, env, lib, left, said }: Places): Promise<void> {
  const site = new Site(host, scope)
  t.equal(await host.sh(OURS), '', 'before, there is nothing of ours')
  t.match(await site.sh(`make -C /tmp/old install${user}`), /^Next: \S+ setup$/m)
  await site.write('pod-upgrade-trigger/env', ENV, '600')
  await site.container('web', IMAGE)
  const first = await host.pushImage(IMAGE, { version: `${scope} 1` })
  await site.start('web.service')
  await site.sh(`${site.systemctl} enable --now pod-upgrade-trigger.socket pod-upgrade-trigger.timer`)

  const fates = await whileInstalling(site, user)
  t.comment(`${fates.length} requests during ${INSTALLATIONS} installations`)
  t.ok(fates.length >= 2 * INSTALLATIONS, 'requests came in all the time')
  t.strictSame(
    fates.filter(it => it !== '200'),
    [],
    'each was answered',
  )
  t.equal((await site.events()).length, fates.length, 'and recorded')
  t.equal(await site.runs('web.service'), first)
  t.equal((await site.sh(`ls -d ${lib}/*/`)).split('\n').length, 2, 'the program, and the one before it')
  t.equal(`${await site.sh(`cat ${env}`)}\n`, ENV, 'the configuration is as it was')

  await host.pushImage(IMAGE, { version: `${scope} 2` })
  t.match(await site.program('trigger web'), /updated/)
  if (scope === 'rootful') {
    await site.sh('make -C /tmp/new install-spool; systemctl enable --now pod-upgrade-trigger.socket')
    await host.waitFor('a request of the spool', async () => (await deliver(site, 'spooled')) === '200')
  }

  t.match(await site.sh(`make -C /tmp/new uninstall${user}`), said)
  const remaining = (await host.sh(OURS)).split('\n')
  t.ok(remaining.includes(env))
  t.strictSame(
    remaining.filter(it => !left.test(it)),
    [],
    'configuration and state are left',
  )
  t.equal(await site.sh('curl -s http://127.0.0.1:9787/health || echo refused'), 'refused')
  t.equal(
    await site.sh(`${site.systemctl} list-units --all --plain --no-legend 'pod-upgrade-trigger*.*[!e]'`),
    '',
  )

  // One of our names, too, for the image that runs, which purge took every name of.
  await site.sh(`podman tag ${IMAGE} localhost/pod-upgrade-trigger/rollback:of-what-runs`)
  t.match(await site.sh(`make -C /tmp/new purge${user}`), /^Removed: /m)
  t.equal(await site.sh(`podman images --format '{{.Repository}}:{{.Tag}}' | grep -c '^${IMAGE}$'`), '1')
  t.equal(await host.sh(OURS), '', 'nothing is left')
  t.equal(await site.sh('podman images -q --filter reference=localhost/pod-upgrade-trigger/rollback'), '')
  t.not(await site.runs('web.service'), '', 'what was upgraded runs on')
  await host.sh('systemctl stop lab-registry')
  await site.sh(`${site.systemctl} restart web.service`)
  t.not(await site.runs('web.service'), '', 'and starts again, also without its registry')
  await host.sh('systemctl start lab-registry')
  await site.sh(`${site.systemctl} stop web.service`)
}

/** What curl says of each of the requests that are sent, one after another, until the last installation is done. */
async function whileInstalling(site: Site, user: string): Promise<string[]> {
  const work = await site.sh('mktemp -d')
  const sending = deliver(site, '$((n = n + 1))', `while test ! -e ${work}/stop`)
  try {
    for (let n = 0; n < INSTALLATIONS; n++)
      await site.sh(`make -C /tmp/${n % 2 === 0 ? 'new' : 'old'} install${user}`)
    await site.sh(`make -C /tmp/new install${user}`)
  } finally {
    await site.sh(`touch ${work}/stop`)
  }
  return (await sending).split('\n')
}

/** Sends a delivery that is of no interest as often as `loop` says, and gives a line with each one's status. */
function deliver(site: Site, id: string, loop = 'for once in 1'): Promise<string> {
  const body = JSON.stringify({
    action: 'published',
    package: {
      name: 'other',
      namespace: 'acme',
      package_type: 'CONTAINER',
      package_version: { package_url: 'localhost:5000/acme/other:latest', metadata: [] },
    },
  })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  return site.sh(`n=0; ${loop}; do id=${id}; curl -sS -o /dev/null -m 60 -w '%{http_code}\\n' \\
    http://127.0.0.1:9787/hooks/github -H 'Content-Type: application/json' -H 'X-GitHub-Event: package' \\
    -H 'X-Hub-Signature-256: sha256=${signature}' -H "X-GitHub-Delivery: lab-$id" --data-binary '${body}' 2>&1 || true; done`)
}
