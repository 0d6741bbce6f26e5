// The doctor on a real host, with one thing wrong at a time: what would keep a push away is found before the push, by real
// podman and systemd, and each line of advice that can be pasted is pasted.
import t from 'tap'
import { installed } from './site.js'

const ENV = `GITHUB_WEBHOOK_SECRET="a secret of the lab, for nothing else"
WEBHOOK_MANUAL_UNITS="web gone private"
`
/** A registry that asks for a login, and has one manifest for everybody who has one. */
const PRIVATE = `require('node:http').createServer((request, response) => {
  const isIn = request.headers.authorization === 'Basic ' + btoa('a:b')
  response.writeHead(isIn ? 200 : 401, {
    'WWW-Authenticate': 'Basic realm="lab"',
    'Content-Type': isIn && request.url !== '/v2/' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/json',
  })
  response.end(JSON.stringify({
    schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [],
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: 'sha256:' + '0'.repeat(64) },
  }))
}).listen(5002, '127.0.0.1')
`

interface Finding {
  readonly check: string
  readonly verdict: string
  readonly detail: string
  readonly mend?: string
}

t.test('what is wrong on a real host, one after another', async t => {
  const site = await installed('rootful', ENV)
  const { host } = site
  t.teardown(() => host.stop())
  const doctor = async (options = '') => {
    const found: Finding[] = JSON.parse(await site.program(`doctor --json ${options} || true`))
    return (check: string) => found.find(finding => finding.check === check)
  }
  await host.pushImage('localhost:5000/doctor/web:1', { version: '1' })
  await site.container('web', 'localhost:5000/doctor/web:1')
  await site.container('gone', 'localhost:5000/doctor/gone:1')
  await site.write(
    'containers/systemd/private.image',
    '[Image]\nImage=localhost:5002/doctor/private:1\nTLSVerify=false\n',
  )
  await site.container('private', 'private.image')
  await host.write('/root/private.js', PRIVATE)
  await host.sh('systemd-run --quiet --unit=private-registry node /root/private.js')
  await site.start('web')

  await t.test('the registries', async t => {
    const of = await doctor()
    t.match(of('web.service'), { verdict: 'ok', detail: /way back to be proven/ })
    t.match(of('gone.service'), { verdict: 'problem', detail: /localhost:5000 has no/ })
    t.match(of('private.service'), {
      verdict: 'problem',
      detail: /there is no login for it/,
      mend: /podman login/,
    })
    const login = 'podman login --tls-verify=false -u a -p b'
    await site.sh(`${login} localhost:5002`)
    t.match((await doctor())('private.service'), {
      verdict: 'warning',
      detail: /a restart of the host removes/,
    })
    await site.sh(`${login} --authfile /root/.config/containers/auth.json localhost:5002`)
    t.match((await doctor())('private.service'), { verdict: 'ok' })
    await site.sh('systemctl stop private-registry')
    t.match((await doctor())('private.service'), {
      verdict: 'problem',
      detail: /localhost:5002 does not answer/,
    })
    t.match((await doctor('--offline'))('private.service'), { verdict: 'ok' })
    t.equal(
      await site.sh('podman images --format "{{.Repository}}" | grep -c -e gone -e private || true'),
      '0',
    )
  })

  await t.test('the way back, once an upgrade has proven it', async t => {
    await host.pushImage('localhost:5000/doctor/web:1', { version: '2' })
    await site.program('trigger web')
    t.match((await doctor())('web.service'), { verdict: 'ok', detail: /way back proven$/ })
  })

  await t.test('the port is taken: the line that is pasted gives the socket another', async t => {
    await site.sh(`systemctl stop pod-upgrade-trigger.socket
      systemd-run --quiet --unit=squatter node -e "require('node:net').createServer().listen(9787, '127.0.0.1')"`)
    await host.waitFor('the squatter', async () => (await site.sh('ss -Hltn sport = :9787')) !== '', 20_000)
    await site.sh('systemctl start pod-upgrade-trigger.socket 2>/dev/null || true')
    const found = (await doctor())('socket')
    t.match(found, { verdict: 'problem', detail: /port 9787 is taken by node \(pid [0-9]+\)/ })
    const [paste = '', proxy] = (found?.mend ?? '').split('\n')
    t.match(proxy, /in the proxy: 127\.0\.0\.1:9788/)
    await site.sh(paste)
    t.match((await doctor())('socket'), { verdict: 'ok', detail: /127\.0\.0\.1:9788/ })
    t.match((await doctor())('delivery'), { verdict: 'ok' })
    await site.sh(`systemctl stop squatter; rm -r /etc/systemd/system/pod-upgrade-trigger.socket.d
      systemctl daemon-reload; systemctl restart pod-upgrade-trigger.socket`)
  })

  await t.test('both managers want it: a user is told so', async t => {
    const alice = { user: 'alice' } as const
    await host.sh(
      'make -C /src install-user; systemctl --user start pod-upgrade-trigger.socket 2>/dev/null || true',
      alice,
    )
    const found: Finding[] = JSON.parse(
      await host.sh('~/.local/bin/pod-upgrade-trigger doctor --json || true', alice),
    )
    const of = (check: string) => found.find(finding => finding.check === check)
    t.match(of('socket'), {
      verdict: 'problem',
      detail: /port 9787 is taken by a program of another user/,
      mend: /9788/,
    })
    t.match(of('installed')?.detail, /the system manager has an installation of its own/)
  })

  await t.test('a damaged database: what is pasted loses nothing', async t => {
    const state = '/var/lib/pod-upgrade-trigger'
    await site.sh(`head -c 4096 /dev/urandom | dd of=${state}/events.db conv=notrunc status=none`)
    const found = (await doctor())('state')
    t.match(found, { verdict: 'problem' })
    const before = await site.sh(`cat ${state}/*.corrupt-* | wc -c`)
    await site.sh(`(${found?.mend}) >/dev/null 2>&1`)
    t.equal(await site.sh(`cat ${state}/*.set-aside | wc -c`), before)
    t.match((await doctor())('state'), { verdict: 'ok' }, 'and then there is no more to say')
  })
})
