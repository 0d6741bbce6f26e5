// The sandbox of a request: how tight systemd finds it, and that everything a request does still works in it, also what
// podman alone knows: a unit without a quadlet, and units that are discovered. The token is a systemd credential.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { bootHost, type Host } from './host.js'

const IMAGE = 'localhost:5000/acme/web:latest'
const BARE = 'localhost:5000/acme/bare:latest'
const TOKEN = 'lab-token-52-of-hardening'

const SCOPES = [
  { scope: 'rootful', as: {}, install: 'install', flag: '', conf: '/etc', most: 1.5 },
  {
    scope: 'rootless',
    as: { user: 'alice' },
    install: 'install-user',
    flag: '--user',
    conf: '/home/alice/.config',
    most: 3.0,
  },
] as const

/** Of what the probe tries. */
const REFUSED = ['start a shell', 'reach the network', 'write to /etc', 'write to a home']

/** Without quadlet: podman is the only one who knows its image. */
const PODMAN_RUN = `[Service]
ExecStart=/usr/bin/podman run --rm --replace --name=bare --network=none --cgroups=split --sdnotify=conmon \\
  --env=PODMAN_SYSTEMD_UNIT=%n --label=PODMAN_SYSTEMD_UNIT=%n ${BARE}
Type=notify
NotifyAccess=all
`

for (const { scope, as, install, flag, conf, most } of SCOPES) {
  t.test(`${scope}: a request in its sandbox`, async t => {
    const host = await bootHost()
    t.teardown(() => host.stop())
    const sh = (script: string) => host.sh(script, as)
    await sh(`make -C /src ${install}`)
    await host.write(
      `${conf}/pod-upgrade-trigger/env`,
      `WEBHOOK_MANUAL_UNITS=bare\nWEBHOOK_AUTO_DISCOVER=1\nWEBHOOK_SETTLE_SECS=1\n`,
      as,
    )
    const units = `${conf}/systemd/${flag === '' ? 'system' : 'user'}`
    const secret = `${conf}/pod-upgrade-trigger/token`
    await host.write(secret, `${TOKEN}\n`, { ...as, mode: '600' })
    const credential = `[Service]\nLoadCredential=WEBHOOK_MANUAL_TOKEN:${secret}\n`
    await host.write(`${units}/pod-upgrade-trigger@.service.d/credential.conf`, credential, as)
    await host.write(
      `${conf}/containers/systemd/web.container`,
      `[Unit]\nX-Webhook-Enabled=yes\n[Container]\nImage=${IMAGE}\nNetwork=none\n`,
      as,
    )
    await host.write(`${units}/bare.service`, PODMAN_RUN, as)
    for (const image of [IMAGE, BARE]) await host.pushImage(image, { version: '1' })
    await sh(`systemctl ${flag} daemon-reload; systemctl ${flag} start web.service bare.service
              systemctl ${flag} enable --now pod-upgrade-trigger.socket`)

    const score = await exposure(host, flag, as)
    t.comment(`${scope}: systemd-analyze security says ${score}`)
    t.ok(score > 0 && score <= most, `exposed at most ${most}`)

    const dropIn = `${units}/pod-upgrade-trigger@.service.d/probe.conf`
    const probe = `[Service]\nExecStart=\nExecStart=${await sh('command -v node')} /src/tests/lab/probe.cjs\n`
    await host.write(dropIn, probe, as)
    await sh(`systemctl ${flag} daemon-reload`)
    const tried = JSON.parse(await sh('curl -sS --http0.9 --max-time 60 http://127.0.0.1:9787/'))
    await sh(`rm ${dropIn}; systemctl ${flag} daemon-reload`)
    for (const attempt of REFUSED) t.not(tried[attempt], 'ok', `it cannot ${attempt}`)

    matchAll(t, JSON.parse(await ask(sh, 'units')), {
      units: [
        { unit: 'bare.service', image: BARE, enabled_by: 'list' },
        { unit: 'web.service', image: IMAGE, enabled_by: 'marker' },
      ],
    })
    for (const image of [IMAGE, BARE]) await host.pushImage(image, { version: '2' })
    matchAll(
      t,
      JSON.parse(await ask(sh, 'trigger', `-d '{"all":true}' -H 'Content-Type: application/json'`)),
      {
        status: 'accepted',
        tasks: [{ unit: 'bare.service' }, { unit: 'web.service' }],
      },
    )
    for (const id of [1, 2])
      await host.waitFor(`task ${id}`, async () => /"state":"done"/.test(await ask(sh, `tasks/${id}?wait=5`)))
    matchAll(t, JSON.parse(await ask(sh, 'tasks')), {
      tasks: [{ outcome: 'updated' }, { outcome: 'updated' }],
    })
    t.notMatch(await host.sh('journalctl --no-pager'), TOKEN, 'the token is in no log line')
  })
}

type Sh = (script: string) => Promise<string>

const ask = (sh: Sh, path: string, more = ''): Promise<string> =>
  sh(
    `curl -sS --max-time 60 'http://127.0.0.1:9787/api/v1/${path}' -H 'Authorization: Bearer ${TOKEN}' ${more}`,
  )

/** What systemd thinks of the unit that serves a connection: 0 is nothing to fear, 10 is everything. */
async function exposure(host: Host, flag: string, as: { readonly user?: 'alice' }): Promise<number> {
  const said = await host.sh(`systemd-analyze ${flag} security --no-pager pod-upgrade-trigger@x.service`, as)
  return Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(said)?.[1] ?? Number.NaN)
}
