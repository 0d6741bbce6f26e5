// Two containers in one unit, on a real host: a push of either upgrades the unit, both are watched, and both come back where one
// of them is bad. The first container found is not the unit.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, TOKEN } from './site.js'

const ENV = `WEBHOOK_MANUAL_UNITS=two
WEBHOOK_MANUAL_TOKEN=${TOKEN}
WEBHOOK_SETTLE_SECS=3
WEBHOOK_HEALTH_TIMEOUT_SECS=15
WEBHOOK_IMAGE_LIMIT_COUNT=1000
`
const image = (name: string) => `localhost:5000/two/${name}:stable`
const YAML = `apiVersion: v1
kind: Pod
metadata: { name: two }
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 1
  containers:
  - { name: a, image: ${image('a')} }
  - { name: b, image: ${image('b')} }
`

for (const scope of ['rootful', 'rootless'] as const) {
  t.test(scope, async t => {
    const site = await installed(scope, ENV)
    const { host } = site
    t.teardown(() => host.stop())
    const push = (name: string, version: string, cmd?: readonly string[]) =>
      host.pushImage(image(name), { version, ...(cmd && { cmd }) })
    const versions = async () =>
      (await site.sh('for name in a b; do echo $(podman exec two-$name cat /version); done')).split('\n')
    const trigger = async () => JSON.parse(await site.program('trigger two --json || true'))
    const local = (name: string) => site.sh(`podman image inspect --format '{{.Id}}' ${image(name)}`)

    for (const name of ['a', 'b']) await push(name, '1')
    await site.write('containers/systemd/two.yml', YAML)
    await site.write('containers/systemd/two.kube', '[Kube]\nYaml=two.yml\n')
    await site.start('two')
    t.strictSame(await versions(), ['1', '1'])
    matchAll(t, JSON.parse(await site.program('units --json')), [
      { unit: 'two.service', image: image('a'), others: [image('b')] },
    ])

    await t.test('either image finds the unit', async t => {
      await push('b', '2')
      const { status, body } = await site.call('POST', '/api/v1/trigger', { image: image('b') })
      t.equal(status, 202)
      matchAll(t, body.tasks, [{ unit: 'two.service' }])
      await host.waitFor('its end', async () => (await site.tasks())[0]?.state === 'done')
      t.match((await site.tasks())[0], { outcome: 'updated' })
      t.strictSame(await versions(), ['1', '2'])
      matchAll(t, await trigger(), [{ outcome: 'unchanged' }])
    })

    await t.test('both come back where one is bad, and stay so', async t => {
      const good = await local('b')
      await push('a', '3')
      await push('b', 'bad', ['sh', '-c', 'sleep 1; exit 3'])
      matchAll(t, await trigger(), [{ outcome: 'rolled-back' }])
      t.strictSame(await versions(), ['1', '2'])
      t.equal(await local('b'), good, 'its tag names on this host what it named')
      matchAll(t, await trigger(), [{ outcome: 'skipped' }])
      await site.sh(`${site.systemctl} restart two`)
      t.strictSame(await versions(), ['1', '2'], 'after a restart by hand')
      await site.sh('podman image prune --all --force')
      await site.sh(`${site.systemctl} restart two`)
      t.strictSame(await versions(), ['1', '2'], 'what is gone back to was not pruned')
      matchAll(t, JSON.parse(await site.program('units --json')), [
        { image: image('a'), others: [image('b')] },
      ])
    })

    await t.test('a good one ends that', async t => {
      await push('b', '4')
      matchAll(t, await trigger(), [{ outcome: 'updated' }])
      t.strictSame(await versions(), ['3', '4'])
      t.equal(await site.pins(), 0)
    })
  })
}
