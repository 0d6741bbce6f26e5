// The owner's hand wins: whoever edits a unit that was rolled back, and restarts it, has what the files say, at once and
// without a command of ours; who restarts it unchanged has the image before.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, type Scope, TOKEN } from './site.js'

const REGISTRY = 'localhost:5000/owner'
const ENV = `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS="web own strict"
WEBHOOK_SETTLE_SECS=2
WEBHOOK_HEALTH_TIMEOUT_SECS=10
WEBHOOK_LIMIT1_COUNT=1000
WEBHOOK_LIMIT2_COUNT=1000
`

/** A unit of each kind that is pinned in another way, with what an owner may change in it. */
interface Definition {
  readonly path: string
  readonly text: (image: string, more: string) => string
}
const UNITS: Readonly<Record<string, Definition>> = {
  web: {
    path: 'containers/systemd/web.container',
    text: (image, more) =>
      `[Container]\nImage=${image}\nNetwork=none\nPodmanArgs=--stop-timeout=1\nPull=always\n[Service]\nExecStartPre=/bin/sh -c "echo ${more} >>/tmp/web"\n`,
  },
  own: {
    path: 'systemd/SCOPE/own.service',
    text: (image, more) => `[Service]
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStartPre=/bin/sh -c "echo ${more} >>/tmp/own"
ExecStartPre=/usr/bin/podman pull ${image}
ExecStart=/usr/bin/podman run --name=own --replace --rm --network=none --stop-timeout=1 ${image}
`,
  },
}

for (const scope of ['rootful', 'rootless'] as const satisfies Scope[]) {
  t.test(`${scope}: a unit that was rolled back and is edited`, async t => {
    const site = await installed(scope, ENV)
    t.teardown(() => site.host.stop())
    for (const [name, definition] of Object.entries(UNITS)) {
      await t.test(name, async t => {
        const unit = `${name}.service`
        const image = (tag: string) => `${REGISTRY}/${name}:${tag}`
        const write = (tag: string, more: string) =>
          site.write(
            definition.path.replace('SCOPE', scope === 'rootful' ? 'system' : 'user'),
            definition.text(image(tag), more),
          )
        const restart = () => site.sh(`${site.systemctl} daemon-reload\n${site.systemctl} restart ${unit}`)
        const runs = async () => {
          // systemd calls a plain unit active before podman has made the container.
          await site.host.waitFor('a container', async () => (await site.runs(unit)) !== '')
          return site.runs(unit)
        }
        const heard = async () => (await site.sh(`cat /tmp/${name}`)).split('\n').at(-1)
        const good = await site.host.pushImage(image('latest'), { version: '1' })
        await write('latest', 'first')
        await site.start(name)
        await site.host.pushImage(image('latest'), { version: 'bad', cmd: ['sh', '-c', 'exit 3'] })
        const tasks = JSON.parse(await site.program(`trigger ${name} --json || true`))
        matchAll(t, tasks, [{ outcome: 'rolled-back' }])
        t.equal(await site.runs(unit), good)

        await restart()
        t.equal(await runs(), good, 'restarted as it was: the image before')
        t.equal(await site.pins(), 1)

        await write('latest', 'second')
        await restart()
        t.equal(await runs(), good, 'edited, but not its image: the image before')
        t.equal(await heard(), 'second', 'and the edit is heard')
        t.equal(await site.pins(), 1)

        const other = await site.host.pushImage(image('v2'), { version: '2' })
        await write('v2', 'third')
        await restart()
        t.equal(await runs(), other, 'another image: that one runs')
        t.equal(await heard(), 'third')
        t.equal(await site.pins(), 0, 'and the pin has ended')
        matchAll(t, JSON.parse(await site.program(`trigger ${name} --json`)), [
          { outcome: 'unchanged', image: image('v2') },
        ])
      })
    }
    await t.test('a unit that systemd would not start again is left as it is', async t => {
      const image = `${REGISTRY}/strict:latest`
      const good = await site.host.pushImage(image, { version: '1' })
      await site.container('strict', image, '[Unit]\nConditionPathExists=/tmp/allowed\n')
      await site.sh('touch /tmp/allowed')
      await site.start('strict')
      await site.sh('rm /tmp/allowed')
      await site.host.pushImage(image, { version: '2' })
      matchAll(t, JSON.parse(await site.program('trigger strict --json')), [
        { outcome: 'skipped', report: { why: /ConditionPathExists=\/tmp\/allowed, which is not met now/ } },
      ])
      t.equal(await site.runs('strict.service'), good)
    })
    t.equal(await site.sh(`${site.systemctl} list-units --failed --no-legend`), '')
  })
}
