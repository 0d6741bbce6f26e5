// The choice for hosts open to the internet: what a request can reach, that its work is done all the same, and that
// whoever takes a request over can ask for no more than any request.
import { createHmac } from 'node:crypto'
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { bootHost, type Host } from './host.js'

const SECRET = 'lab secret of the spool'
const IMAGE = 'localhost:5000/acme/web:latest'
const PASSWORD = 'password-of-a-notify-command'
const SPOOL = '/var/lib/private/pod-upgrade-trigger-spool'
const DROPIN = '/run/systemd/system/pod-upgrade-trigger@.service.d/zz-probe.conf'

t.test('a request that cannot reach the manager', async t => {
  const host = await bootHost()
  t.teardown(() => host.stop())
  const sh = (script: string) => host.sh(script)
  await sh('make -C /src install-spool')
  await host.write(
    '/etc/pod-upgrade-trigger/env',
    `GITHUB_WEBHOOK_SECRET_FILE=/etc/pod-upgrade-trigger/secret\nWEBHOOK_MANUAL_UNITS=web\nWEBHOOK_SETTLE_SECS=1
WEBHOOK_NOTIFY_COMMAND='echo ${PASSWORD}'\n`,
    { mode: '600' },
  )
  await host.write('/etc/pod-upgrade-trigger/secret', `${SECRET}\n`, { mode: '600' })
  await host.write('/home/alice/private', 'hers\n', { user: 'alice', mode: '644' })
  const first = await host.pushImage(IMAGE, { version: '1' })
  await host.write(
    '/etc/containers/systemd/web.container',
    `[Container]\nImage=${IMAGE}\nNetwork=none\nPodmanArgs=--stop-timeout=1\n`,
  )
  await sh('systemctl daemon-reload; systemctl start web.service')
  await sh('systemctl enable --now pod-upgrade-trigger.socket')

  await t.test('its sandbox', async t => {
    for (const [unit, most] of [
      ['pod-upgrade-trigger@x.service', 0.3],
      ['pod-upgrade-trigger-spool.service', 1.5],
    ] as const) {
      const said = await sh(`systemd-analyze security --no-pager ${unit}`)
      const score = Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(said)?.[1])
      t.comment(`systemd-analyze security says ${score} of ${unit}`)
      t.ok(score <= most, `exposed at most ${most}`)
    }
    await host.write(DROPIN, '[Service]\nExecStart=\nExecStart=/usr/bin/node /src/tests/lab/probe.cjs\n')
    await sh('systemctl daemon-reload')
    const results = JSON.parse(await sh('curl -sS --http0.9 --max-time 60 http://127.0.0.1:9787/'))
    await host.write(DROPIN, `[Service]\nExecStart=\nExecStart=/usr/bin/node -e ${SHOW_CONFIGURATION}`)
    await sh('systemctl daemon-reload')
    // It does not read the request, so the connection is reset.
    const handed = await sh('curl -sS --http0.9 --max-time 60 http://127.0.0.1:9787/ || true')
    t.match(handed, SECRET, 'it has the secret that it needs')
    t.notMatch(handed, PASSWORD, 'and none that it does not need')
    await sh(`rm ${DROPIN} ${SPOOL}/probe; systemctl daemon-reload`)
    t.comment(JSON.stringify(results, null, 1))
    const reached = Object.keys(results).filter(attempt => results[attempt] === 'ok')
    t.strictSame(reached, ['leave work in the spool'], 'the one thing it can do')
  })

  await t.test('a delivery upgrades the container', async t => {
    t.equal(await running(sh), first)
    const second = await host.pushImage(IMAGE, { version: '2' })
    matchAll(t, JSON.parse(await post(sh, 1)), { status: 'accepted', units: ['web.service'] })
    await host.waitFor('the new image to run', async () => (await running(sh)) === second)
    await host.waitFor('the task to be done', async () => (await tasks(host))[0]?.state === 'done')
    matchAll(t, await tasks(host), [
      { unit: 'web.service', image: IMAGE, outcome: 'updated', caller: 'github' },
    ])
    const [event] = JSON.parse(await sh('pod-upgrade-trigger events --json'))
    matchAll(t, event, { status: 202, action: 'hook-github', task_ids: [1], meta: { spooled: true } })
    t.match(JSON.parse(await post(sh, 1)), { status: 'accepted' }, 'a redelivery is noticed afterwards')
    await emptied(host)
    t.equal((await tasks(host)).length, 1, 'and makes no second task')
  })

  await t.test('a burst', async t => {
    const script = Array.from({ length: 30 }, (_, n) => `(${curl(n + 100)}) & pids="$pids $!"`).join('\n')
    await host.write('/tmp/burst', `pids=''\n${script}\nfor pid in $pids; do wait $pid; done`)
    const answers = await sh('sh -eu /tmp/burst')
    t.equal(answers.match(/"accepted"/g)?.length, 30)
    await emptied(host)
    t.equal(
      (await sh('pod-upgrade-trigger events --json --status 202 --limit 100')).match(/"spooled"/g)?.length,
      31,
    )
  })

  await t.test('what no request would leave', async t => {
    const before = (await tasks(host)).length
    const forged =
      'requestId=b4a1c9c8-3f2f-4ad1-9d3a-0d6f0a8d7a11&method=POST&path=/&action=hook-github&unit=systemd-journald.service'
    await host.write('/tmp/forged', forged)
    // Each would be carried out, if it were not too long, or no file of the spool.
    const good = (n: number) =>
      `requestId=b4a1c9c8-3f2f-4ad1-9d3a-0d6f0a8d7a2${n}&method=POST&path=/api/v1/trigger&action=trigger&unit=web.service`
    await host.write('/tmp/good', good(1))
    await host.write('/tmp/long', good(2) + '&'.repeat(70_000))
    await sh(`cd ${SPOOL}; ln -s /tmp/good link.entry; ln -s /etc/shadow shadow.entry; mkdir -p directory.entry/x; mkfifo fifo.entry
              echo 'requestId=' >half.entry; mv /tmp/long long.entry; mv /tmp/forged forged.entry`)
    await emptied(host)
    t.equal((await tasks(host)).length, before, 'comes to nothing')
    t.match(await sh('cat /etc/shadow'), /^root:/m, 'nor is anything else touched')
    const said = await sh('journalctl -t pod-upgrade-trigger --no-pager')
    t.match(said, /forged\.entry in the spool was left by no request: its parts contradict each other/)
  })

  t.equal(
    await sh('systemctl is-active pod-upgrade-trigger-spool.path pod-upgrade-trigger.socket'),
    'active\nactive',
  )
  t.equal(await sh('systemctl --failed --no-legend --plain || true'), '')
  t.notMatch(await sh('journalctl --no-pager'), SECRET, 'the secret is in no log line')
})

/** For ExecStart=, instead of the handler: all that it was given to read. */
const SHOW_CONFIGURATION = `"const fs = require('fs'), dir = process.env.CREDENTIALS_DIRECTORY; fs.writeSync(0, fs.readdirSync(dir).map(it => fs.readFileSync(dir + '/' + it)).join())"\n`

type Sh = (script: string) => Promise<string>

const running = (sh: Sh): Promise<string> =>
  sh(
    `podman ps --no-trunc --filter label=PODMAN_SYSTEMD_UNIT=web.service --format '{{.ImageID}}' | sed s/^sha256://`,
  )

function curl(n: number): string {
  const version = { package_url: IMAGE, metadata: [] }
  const body = JSON.stringify({
    action: 'published',
    n,
    package: { name: 'web', namespace: 'acme', package_type: 'CONTAINER', package_version: version },
  })
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  return `curl -sS --max-time 60 http://127.0.0.1:9787/hooks/github -H 'Content-Type: application/json' \\
    -H 'X-GitHub-Event: package' -H 'X-Hub-Signature-256: sha256=${signature}' \\
    -H 'X-GitHub-Delivery: lab-${n}' --data-binary '${body}'`
}

const post = (sh: Sh, n: number): Promise<string> => sh(curl(n))
const tasks = async (host: Host): Promise<{ state: string }[]> =>
  JSON.parse(await host.sh('pod-upgrade-trigger tasks --json'))

/** Nothing is left in the spool, and nobody is at work on it. */
const emptied = (host: Host): Promise<void> =>
  host.waitFor('the spool to be empty', async () => {
    const left = await host.sh(`ls ${SPOOL}/*.entry 2>/dev/null || true`)
    const state = await host.sh('systemctl is-active pod-upgrade-trigger-spool.service || true')
    return left === '' && state === 'inactive'
  })
