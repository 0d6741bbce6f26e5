// Every kind of unit that can hold a container, upgraded on a real host: which of them discovery enables, a member of a
// pod, an instance of a template, one that is stopped. What differs is the unit that is restarted, and who names it.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, type Scope, type Site, type Task, TOKEN } from './site.js'

const REGISTRY = 'localhost:5000/kinds'
const MARKER = 'X-Webhook-Enabled=yes\n'
const image = (name: string): string => `${REGISTRY}/${name}:latest`

const ENV = `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_AUTO_DISCOVER=1
WEBHOOK_MANUAL_UNITS="duo-a app@one stack"
WEBHOOK_SETTLE_SECS=1
WEBHOOK_AUTO_UPDATE_UNIT=none.service
`

/** The oldest way: a unit by hand, whose container says whose it is. */
const PLAIN = `[Unit]\n${MARKER}[Service]\nTimeoutStopSec=5\nExecStart=podman run --rm --replace --name=plain --network=none \\
  --label=PODMAN_SYSTEMD_UNIT=%n ${image('plain')}\n`

/** Its image is in the YAML alone, which no generator reads. */
const KUBE = `apiVersion: v1
kind: Pod
metadata: { name: stack }
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 1
  containers: [{ name: app, image: ${image('kube')} }]
`

for (const scope of ['rootful', 'rootless'] as const satisfies Scope[]) {
  t.test(scope, async t => {
    const site = await installed(scope, ENV)
    t.teardown(() => site.host.stop())
    const push = (name: string, version: string) =>
      site.host.pushImage(image(name), { version: name + version })
    const trigger = async (command: string): Promise<Task[]> => JSON.parse(await site.program(command))

    for (const name of ['marked', 'dropin', 'plain', 'unmarked', 'duo-a', 'duo-b', 'app', 'kube'])
      await push(name, '1')
    await site.container('marked', image('marked'), `[X-Webhook]\n${MARKER}`)
    await site.container('dropin', image('dropin'))
    await site.write('containers/systemd/dropin.container.d/10-webhook.conf', `[Unit]\n${MARKER}`)
    await site.unit('plain.service', PLAIN)
    await site.container('unmarked', image('unmarked'))
    await site.write('containers/systemd/duo.pod', '[Pod]\nNetwork=none\n')
    for (const name of ['duo-a', 'duo-b']) await site.container(name, image(name), 'Pod=duo.pod\n')
    await site.container('app@', image('app'))
    await site.write('containers/systemd/stack.kube', '[Kube]\nYaml=stack.yml\n')
    await site.write('containers/systemd/stack.yml', KUBE)
    await site.start('marked', 'dropin', 'plain', 'unmarked', 'duo-pod', 'app@one', 'stack')
    await site.host.waitFor('the plain unit to run', async () => (await site.runs('plain.service')) !== '')

    await t.test('a unit that says so itself is enabled, wherever it says it', async t => {
      const units = JSON.parse(await site.program('units --json'))
      t.strictSame(
        units.map((one: { unit: string; enabled_by: string }) => [one.unit, one.enabled_by]),
        [
          ['duo-a.service', 'list'],
          ['app@one.service', 'list'],
          ['stack.service', 'list'],
          ['dropin.service', 'marker'],
          ['marked.service', 'marker'],
          ['plain.service', 'marker'],
        ],
        'the list, then the marked ones; no other',
      )
      const before = await site.runs('unmarked.service')
      const wanted = new Map<string, string>()
      for (const name of ['marked', 'dropin', 'plain', 'unmarked']) wanted.set(name, await push(name, '2'))
      for (const task of await trigger('--all --json')) {
        const updated = wanted.has(task.unit.replace('.service', ''))
        t.equal(task.outcome, updated ? 'updated' : 'unchanged', task.unit)
      }
      for (const name of ['marked', 'dropin', 'plain'])
        t.equal(await site.runs(`${name}.service`), wanted.get(name), `${name} runs the new image`)
      t.equal(await site.runs('unmarked.service'), before, 'who did not say so keeps the old image')
    })

    await t.test('a member of a pod is upgraded through its pod, and no other member is lost', async t => {
      const invocations = () =>
        Promise.all(['duo-pod', 'duo-a', 'duo-b'].map(name => site.property(name, 'InvocationID')))
      const before = await invocations()
      const other = await site.runs('duo-b.service')
      const second = await push('duo-a', '2')
      matchAll(t, await trigger('trigger duo-a --json'), [
        { outcome: 'updated', report: { new: { id: second } } },
      ])
      for (const [index, after] of (await invocations()).entries())
        t.not(after, before[index], 'was restarted')
      for (const name of ['duo-pod', 'duo-a', 'duo-b'])
        t.equal(await site.property(name, 'ActiveState'), 'active', `${name} is up`)
      t.equal(await site.runs('duo-a.service'), second, 'the member runs the new image')
      t.equal(await site.runs('duo-b.service'), other, 'the other one runs what it ran')
    })

    await t.test('an instance of a template is a unit of its own', async t => {
      await site.start('app@two')
      const other = await site.runs('app@two.service')
      const second = await push('app', '2')
      const { status, body } = await site.call('POST', '/api/v1/units/app@one/trigger')
      matchAll(t, [status, body.tasks], [202, [{ unit: 'app@one.service', image: image('app') }]])
      const task = await site.ended(body.tasks[0].id)
      t.match(task, { unit: 'app@one.service', outcome: 'updated' })
      t.equal(await site.runs('app@one.service'), second)
      t.equal(await site.runs('app@two.service'), other, 'an instance that nobody enabled is left alone')
    })

    await t.test('a .kube unit is found by its containers, and restarted', async t => {
      const second = await push('kube', '2')
      matchAll(t, await trigger('trigger stack --json'), [
        { outcome: 'updated', report: { new: { id: second } } },
      ])
      const runs = await site.sh("podman ps --no-trunc --filter name=stack-app --format '{{.ImageID}}'")
      t.equal(runs.replace('sha256:', ''), second)
    })

    await t.test('a unit that a person stopped stays stopped, unless forced', async t => {
      await site.sh(`${site.systemctl} stop marked`)
      const third = await push('marked', '3')
      matchAll(t, await trigger('trigger marked --json'), [
        { outcome: 'skipped', report: { why: /is stopped/ } },
      ])
      t.equal(await site.property('marked', 'ActiveState'), 'inactive')
      matchAll(t, await trigger('trigger marked --force --json'), [{ outcome: 'updated' }])
      t.equal(await site.property('marked', 'ActiveState'), 'active')
      t.equal(await site.runs('marked.service'), third, 'and with the image of now')
    })

    t.equal(await failed(site), '', 'no unit is left failed')
  })
}

const failed = (site: Site): Promise<string> =>
  site.sh(`${site.systemctl} --failed --no-legend --plain | grep -v systemd-modules-load || true`)
