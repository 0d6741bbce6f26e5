// What is pulled is what the unit would run, on a real host: architectures, a registry without TLS, an environment of its own.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, type Scope } from './site.js'

const ENV = `WEBHOOK_MANUAL_UNITS="arch tls plain envtag inst@a transport"
WEBHOOK_SETTLE_SECS=1
WEBHOOK_HEALTH_TIMEOUT_SECS=10
WEBHOOK_IMAGE_LIMIT_COUNT=1000
`
/** The lab's registry once more, at a port of which registries.conf says nothing. */
const WITHOUT_TLS = `systemd-run --quiet --unit=plain-http --property=DynamicUser=yes \\
  systemd-socket-activate --listen=127.0.0.1:5001 /usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:5000`
/** A plain unit that needs its environment to reach that registry. */
const PLAIN = `[Service]
Environment=CONTAINERS_REGISTRIES_CONF=/nowhere
EnvironmentFile=/etc/plain.env
ExecStart=podman run --rm --replace --name=plain --network=none localhost:5001/pull/plain:latest
TimeoutStopSec=5
`

for (const scope of ['rootful', 'rootless'] as const satisfies Scope[]) {
  t.test(scope, async t => {
    const site = await installed(scope, ENV)
    const { host } = site
    t.teardown(() => host.stop())
    const trigger = async (unit: string) => JSON.parse(await site.program(`trigger ${unit} --json || true`))
    const version = (container: string) => site.sh(`podman exec ${container} cat /version`)

    await host.sh(WITHOUT_TLS)
    await host.write('/etc/plain.env', 'CONTAINERS_REGISTRIES_CONF="/etc/without-tls.conf"\n')
    await host.write('/etc/without-tls.conf', '[[registry]]\nlocation = "localhost:5001"\ninsecure = true\n')
    const push = (name: string, version: string, architectures: readonly string[] = []) =>
      host.pushImage(`localhost:5000/pull/${name}:latest`, { version, architectures })
    await push('arch', '1', ['amd64', 'arm64'])
    for (const name of ['tls', 'plain']) await push(name, '1')
    await site.write(
      'containers/systemd/arch.image',
      '[Image]\nImage=localhost:5000/pull/arch:latest\nArch=arm64\n',
    )
    await site.write(
      'containers/systemd/tls.image',
      '[Image]\nImage=localhost:5001/pull/tls:latest\nTLSVerify=false\n',
    )
    for (const name of ['arch', 'tls']) await site.container(name, `${name}.image`)
    await site.unit('plain.service', PLAIN)
    await site.start('arch', 'tls', 'plain')
    t.equal(await version('systemd-arch'), '1-arm64')

    await push('arch', '2', ['amd64', 'arm64'])
    matchAll(t, await trigger('arch'), [{ outcome: 'updated' }])
    t.equal(await version('systemd-arch'), '2-arm64')
    for (const [unit, container] of [
      ['tls', 'systemd-tls'],
      ['plain', 'plain'],
    ] as const) {
      await push(unit, '2')
      matchAll(t, await trigger(unit), [{ outcome: 'updated' }])
      t.equal(await version(container), '2')
    }

    await t.test('a text in a quadlet that is not yet a reference', async t => {
      const tags = { envtag: 'stable', a: 'a', transport: 'latest' }
      const pushAll = (version: string, cmd?: readonly string[]) =>
        Promise.all(
          Object.entries(tags).map(([name, tag]) =>
            host.pushImage(`localhost:5000/pull/${name}:${tag}`, { version, ...(cmd && { cmd }) }),
          ),
        )
      await pushAll('1')
      await site.container(
        'envtag',
        `localhost:5000/pull/envtag:\${TAG}`,
        '[Service]\nEnvironment=TAG=stable\n',
      )
      await site.container('inst@', 'localhost:5000/pull/%i:%i')
      await site.link('containers/systemd/inst@a.container', 'inst@.container')
      await site.container('transport', 'docker://localhost:5000/pull/transport:latest')
      await site.start('envtag', 'inst@a', 'transport')
      const units: { unit: string; image: string }[] = JSON.parse(await site.program('units --json'))
      t.strictSame(
        units.slice(3).map(({ image }) => image),
        [
          'localhost:5000/pull/envtag:stable',
          'localhost:5000/pull/a:a',
          'localhost:5000/pull/transport:latest',
        ],
      )
      await pushAll('2')
      for (const unit of ['envtag', 'inst@a', 'transport'])
        matchAll(t, await trigger(unit), [{ outcome: 'updated' }])
      await pushAll('bad', ['sh', '-c', 'sleep 1; exit 3'])
      for (const unit of ['envtag', 'inst@a', 'transport']) {
        matchAll(t, await trigger(unit), [{ outcome: 'rolled-back' }])
        matchAll(t, await trigger(unit), [{ outcome: 'skipped' }])
      }
      for (const name of ['envtag', 'inst_a', 'transport']) t.equal(await version(`systemd-${name}`), '2')
      await pushAll('3')
      for (const unit of ['envtag', 'inst@a', 'transport'])
        matchAll(t, await trigger(unit), [{ outcome: 'updated' }])
      t.equal(await site.pins(), 0)
    })
  })
}
