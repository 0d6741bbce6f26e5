// The main job on a real host, rootful and rootless: install with the project's own target, push version 2 of an image,
// send the signed delivery with curl to the real socket. Success is what the container runs, not what anybody says.
import { createHmac } from 'node:crypto'
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { bootHost, type Host } from './host.js'

const SECRET = 'lab secret, not for anything else'
const IMAGE = 'localhost:5000/acme/web:latest'
const TIMEOUT_MS = 60_000

/** The two ways to run it: who, and what differs. */
const SCOPES = [
  { scope: 'rootful', user: undefined, install: 'install', manager: 'systemctl', port: 9787 },
  {
    scope: 'rootless',
    user: 'alice' as const,
    install: 'install-user',
    manager: 'systemctl --user',
    port: 9787,
  },
]

const delivery = JSON.stringify({
  action: 'published',
  package: {
    name: 'web',
    namespace: 'acme',
    package_type: 'CONTAINER',
    package_version: { package_url: IMAGE, metadata: [], container_metadata: { tag: { name: 'latest' } } },
  },
})
const signature = `sha256=${createHmac('sha256', SECRET).update(delivery).digest('hex')}`

for (const { scope, user, install, manager, port } of SCOPES) {
  t.test(`${scope}: a signed delivery upgrades the container`, async t => {
    const host = await bootHost()
    t.teardown(() => host.stop())
    const as = user === undefined ? {} : { user }
    const sh = (script: string) => host.sh(script, as)
    const conf = user === undefined ? '/etc' : '/home/alice/.config'

    await sh(`make -C /src ${install}`)
    await sh(`sed -i 's/^#GITHUB_WEBHOOK_SECRET=.*/GITHUB_WEBHOOK_SECRET="${SECRET}"/
              s/^#WEBHOOK_MANUAL_UNITS=.*/WEBHOOK_MANUAL_UNITS=web/' ${conf}/pod-upgrade-trigger/env`)
    await sh(`${manager} enable --now pod-upgrade-trigger.socket`)

    const first = await host.pushImage(IMAGE, { version: '1' })
    await host.write(
      `${conf}/containers/systemd/web.container`,
      `[Container]\nImage=${IMAGE}\nNetwork=none\nPodmanArgs=--stop-timeout=1\nExec=sleep infinity\n`,
      as,
    )
    await sh(`${manager} daemon-reload; ${manager} start web.service`)
    t.equal(await running(sh), first, 'version 1 runs')

    const second = await host.pushImage(IMAGE, { version: '2' })
    const answer = JSON.parse(await post(sh, port, signature))
    matchAll(t, answer, { status: 'accepted', tasks: [{ id: 1, unit: 'web.service', image: IMAGE }] })
    await host.waitFor('the task to be done', async () => (await tasks(sh))[0]?.state === 'done', TIMEOUT_MS)

    t.equal(await running(sh), second, 'the running container has the image id of version 2')
    matchAll(t, await tasks(sh), [
      { unit: 'web.service', outcome: 'updated', report: { old: { id: first }, new: { id: second } } },
    ])
    matchAll(t, await events(sh), [
      { status: 202, action: 'hook-github', remote_addr: '127.0.0.1', task_ids: [1] },
    ])

    t.match(
      JSON.parse(await post(sh, port, signature.replace(/.$/, 'x'))),
      { status: 401 },
      'a bad signature',
    )
    await host.waitFor('every process of ours to end', async () => (await leftovers(host)) === '', TIMEOUT_MS)
    t.equal(await sh(`${manager} --failed --no-legend --plain | grep -v systemd-modules-load || true`), '')
    const journal = await host.sh('journalctl --no-pager')
    t.notMatch(journal, SECRET, 'the secret is in no log line')
    t.notMatch(journal, signature.slice(7), 'nor is a signature')
  })
}

type Sh = (script: string) => Promise<string>

/** The image id of the one container of web.service. */
const running = (sh: Sh): Promise<string> =>
  sh(
    `podman ps --no-trunc --filter label=PODMAN_SYSTEMD_UNIT=web.service --format '{{.ImageID}}' | sed s/^sha256://`,
  )

const post = (sh: Sh, port: number, signed: string): Promise<string> =>
  sh(`curl -sS --max-time 20 http://127.0.0.1:${port}/hooks/github/web \\
    -H 'Content-Type: application/json' -H 'X-GitHub-Event: package' -H 'X-Hub-Signature-256: ${signed}' \\
    -H 'X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958' --data-binary '${delivery}'`)

const PROGRAM = 'PATH="$HOME/.local/bin:/usr/local/bin:$PATH" pod-upgrade-trigger'
const tasks = async (sh: Sh): Promise<{ state: string }[]> => JSON.parse(await sh(`${PROGRAM} tasks --json`))
const events = async (sh: Sh): Promise<object[]> => JSON.parse(await sh(`${PROGRAM} events --json`))

/** Processes of this program that are still there; nothing may be resident. */
const leftovers = (host: Host): Promise<string> => host.sh("pgrep -af '[p]od-upgrade-trigger.cjs' || true")
