// Whose container it is, and whether its unit may be restarted at all, on a real host: what systemd and podman really say of
// strangers, of jobs, of units that their owners have stopped, and of quadlets that nobody understands.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, type Scope, type Site } from './site.js'

const image = (name: string): string => `localhost:5000/whose/${name}:latest`
const ENV = `WEBHOOK_MANUAL_UNITS="web bare job long ends"
WEBHOOK_SETTLE_SECS=1
WEBHOOK_HEALTH_TIMEOUT_SECS=10
WEBHOOK_IMAGE_LIMIT_COUNT=1000
`
const BAD = ['sh', '-c', 'sleep 1; exit 3']
const OF_143 = ['sh', '-c', "trap 'exit 143' TERM; while :; do sleep 1; done"]
/** Says when it begins. */
const job = (name: string, end = 'true') => ['sh', '-c', `echo begun ${name}; sleep 8; ${end}`]

/** A container without a name, a label or an id file: only its monitor tells. */
const BARE = `[Service]\nExecStart=podman run --rm --network=none ${image('bare')}\nTimeoutStopSec=5\n`

async function prepared(scope: Scope): Promise<Site> {
  const site = await installed(scope, ENV)
  const { host } = site
  for (const name of ['web', 'bare']) await host.pushImage(image(name), { version: '1' })
  for (const name of ['job', 'long']) await host.pushImage(image(name), { version: '1', cmd: job(name) })
  await host.pushImage(image('ends'), { version: '1', cmd: OF_143 })
  for (const name of ['web', 'ends']) await site.container(name, image(name))
  for (const name of ['job', 'long']) await site.container(name, image(name), '[Service]\nType=oneshot\n')
  await site.unit('bare.service', BARE)
  await site.start('web', 'bare', 'ends', 'job')
  await host.waitFor('the plain unit to run', async () => (await site.sh('podman ps')).includes('/bare:'))
  return site
}

for (const scope of ['rootful', 'rootless'] as const satisfies Scope[]) {
  t.test(scope, async t => {
    const site = await prepared(scope)
    const { host } = site
    t.teardown(() => host.stop())
    const trigger = async (unit: string, more = '') =>
      JSON.parse(await site.program(`trigger ${unit} --json ${more} || true`))

    await t.test('a container without a name or a label is known by its monitor', async t => {
      const units: { unit: string; image: string }[] = JSON.parse(await site.program('units --json'))
      t.equal(units.find(({ unit }) => unit === 'bare.service')?.image, image('bare'))
    })

    await t.test("a stranger with the unit's label decides nothing", async t => {
      const own = await site.runs('web.service')
      await host.pushImage(image('evil'), {
        version: 'evil',
        changes: ['LABEL PODMAN_SYSTEMD_UNIT=web.service'],
      })
      await site.sh(
        `podman run -d --name evil --network=none ${image('evil')}; ${site.systemctl} restart web`,
      )
      const pushed = await host.pushImage(image('web'), { version: 'bad', cmd: BAD })
      matchAll(t, await trigger('web'), [
        { outcome: 'rolled-back', report: { old: { id: own }, new: { id: pushed } } },
      ])
      t.equal(await site.sh("podman inspect --format '{{.Image}}' systemd-web"), own)
      t.match(await site.sh("podman ps --filter name=evil --format '{{.State}}'"), 'running')
    })

    await t.test('a job is never run by us', async t => {
      const begun = (name: string) => host.sh(`journalctl -q --output=cat | grep -c '^begun ${name}' || true`)
      const before = await begun('job')
      const pushed = await host.pushImage(image('job'), { version: '2', cmd: job('job', 'echo 2') })
      matchAll(t, await trigger('job', '--force'), [{ outcome: 'staged', report: { new: { id: pushed } } }])
      matchAll(t, await trigger('job'), [{ outcome: 'unchanged' }])
      t.equal(await begun('job'), before)

      await site.sh(`${site.systemctl} start --no-block long`)
      await host.waitFor('its beginning', async () => (await begun('long')) !== '0')
      const once = await begun('long')
      matchAll(t, await trigger('long'), [{ outcome: 'unchanged' }])
      await host.pushImage(image('long'), { version: '2', cmd: job('long', 'echo 2') })
      matchAll(t, await trigger('long'), [{ outcome: 'staged' }])
      await host.waitFor('its end', async () => (await site.property('long', 'ActiveState')) === 'inactive')
      t.equal(await begun('long'), once)
    })

    await t.test('what its owner has stopped stays so, whatever its program ends with', async t => {
      await site.sh(`${site.systemctl} stop ends`)
      t.equal(await site.property('ends', 'ActiveState'), 'failed')
      await host.pushImage(image('ends'), { version: '2', cmd: OF_143 })
      matchAll(t, await trigger('ends'), [{ outcome: 'skipped' }])
      t.equal(await site.property('ends', 'ActiveState'), 'failed')
      await site.sh(`${site.systemctl} start ends`)
      matchAll(t, await trigger('ends'), [{ outcome: 'updated' }])
    })

    await t.test('a quadlet that nobody understands stops nothing but itself', async t => {
      await site.write('containers/systemd/typo.container', `[Container]\nImge=${image('web')}\n`)
      await site.sh(`${site.systemctl} daemon-reload`)
      const pushed = await host.pushImage(image('web'), { version: '3' })
      matchAll(t, await trigger('web'), [{ outcome: 'updated', report: { new: { id: pushed } } }])
      const findings: { check: string; detail: string }[] = JSON.parse(
        await site.program('doctor --json || true'),
      )
      const found = findings.find(({ check }) => check === 'quadlet')?.detail
      t.match(found, /^\/\S+\/typo\.container: unsupported key 'Imge'/)
    })
  })
}
