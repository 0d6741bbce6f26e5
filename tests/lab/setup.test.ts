// `setup` on a real host, for root and for a user: from what `make install` leaves to the first delivery that upgrades, in one
// command; and once more, which changes nothing.
import t from 'tap'
import { sign } from '../support/request.js'
import { bootHost } from './host.js'
import { Site } from './site.js'
import { deliveryBody } from './stand-ins.js'

const IMAGE = 'ghcr.io/you/web:latest'
const PUSHED = 'localhost:5000/you/web:latest'
const SETUP = 'setup --yes --units web --host hooks.example.org'

for (const scope of ['rootful', 'rootless'] as const) {
  t.test(scope, async t => {
    const host = await bootHost()
    t.teardown(() => host.stop())
    const site = new Site(host, scope)
    await host.write(
      '/etc/containers/registries.conf.d/ghcr.conf',
      '[[registry]]\nprefix = "ghcr.io"\nlocation = "localhost:5000"\ninsecure = true\n',
    )
    await host.pushImage(PUSHED, { version: '1' })
    await site.sh(`make -C /src ${scope === 'rootful' ? 'install' : 'install-user'}`)
    await site.container('web', IMAGE)
    await site.start('web')

    const said = await site.program(SETUP)
    t.match(said, /WEBHOOK_MANUAL_UNITS=web\.service/)
    t.match(said, /Payload URL {3}https:\/\/hooks\.example\.org\/[0-9a-f]{32}\/hooks\/github\n/)
    t.match(said, /A test delivery.*: answered 200 in /)
    t.match(said, /\n0 problems, /)
    const secret = /Secret {8}([0-9a-f]{64})\n/.exec(said)?.[1] ?? ''
    t.equal(await site.property('pod-upgrade-trigger.socket', 'ActiveState'), 'active')
    t.equal(await site.property('pod-upgrade-trigger.timer', 'UnitFileState'), 'enabled')
    t.not(await site.property('podman-auto-update.timer', 'ActiveState'), 'active')
    if (scope === 'rootless')
      t.equal(await host.sh('loginctl show-user alice --property=Linger'), 'Linger=yes')

    const second = await host.pushImage(PUSHED, { version: '2' })
    const body = deliveryBody()
    const headers = ['Content-Type: application/json', 'X-GitHub-Event: package', 'X-GitHub-Delivery: lab-1']
    const curl = [...headers, `X-Hub-Signature-256: ${sign(body, secret)}`]
      .map(header => `-H '${header}'`)
      .join(' ')
    const post = `curl -sS -m 60 ${curl} --data-binary @- http://127.0.0.1:9787/hooks/github`
    t.match(await host.sh(post, { input: body }), /"status":"accepted"/)
    await host.waitFor('the task to be done', async () => (await site.tasks())[0]?.state === 'done')
    t.equal(await site.runs('web.service'), second, 'the push has become a running upgrade')
    t.match(
      await site.program('status'),
      /^web +ok +ghcr\.io\/you\/web:latest +[0-9a-f]{12} +\S+ +updated [0-9]+s ago$/m,
    )

    const again = await site.program(SETUP)
    t.match(again, 'Nothing has to be changed.')
    t.notMatch(again, secret, 'and the secret is not shown once more')
  })
}
