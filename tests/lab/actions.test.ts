// A job of GitHub Actions with nothing but its own token, on a real host: the first one is refused and has GitHub's keys fetched, the
// next upgrades the unit. With the spool too, where the request can reach neither the network nor the manager.
import t from 'tap'
import { AUDIENCE, claims, jwk, jwks, jwt } from '../support/jwt.js'
import { bootHost, type Host } from './host.js'

const IMAGE = 'localhost:5000/acme/web:latest'
const GITHUB = 'token.actions.githubusercontent.com'
const SETTINGS = `WEBHOOK_PUBLIC_URL=${AUDIENCE}
ACTIONS_ALLOW="1296269 refs/heads/main web"
WEBHOOK_MANUAL_UNITS="web db"
WEBHOOK_SETTLE_SECS=1
`
const SERVER = `const { readFileSync } = require('node:fs')
require('node:https')
  .createServer({ key: readFileSync('/root/key.pem'), cert: readFileSync('/root/cert.pem') }, (_, answer) =>
    answer.end(readFileSync('/root/jwks.json')))
  .listen(443, '127.0.0.1')
`

for (const install of ['install', 'install-spool']) {
  t.test(`make ${install}: a job upgrades the unit of its rule`, async t => {
    const host = await bootHost()
    t.teardown(() => host.stop())
    await host.sh(`make -C /src ${install}`)
    await host.write('/etc/pod-upgrade-trigger/env', SETTINGS, { mode: '600' })
    await serveKeys(host)
    await host.pushImage(IMAGE, { version: '1' })
    const container = `[Container]\nImage=${IMAGE}\nNetwork=none\nPodmanArgs=--stop-timeout=1\n`
    for (const unit of ['web', 'db']) await host.write(`/etc/containers/systemd/${unit}.container`, container)
    await host.sh('systemctl daemon-reload; systemctl start web db')
    await host.sh('systemctl enable --now pod-upgrade-trigger.socket')
    const version = (unit: string) => host.sh(`podman exec systemd-${unit} cat /version`)

    await host.pushImage(IMAGE, { version: '2' })
    const token = jwt()
    t.equal(await call(host, 'web', token), '401', 'its key is not known yet')
    // What curl --retry does; with the spool a request sees the keys that were there when it began.
    await host.waitFor('the keys', async () => (await call(host, 'web', token)) === '202')
    await host.waitFor('the upgrade', async () => (await version('web')) === '2')
    t.equal(await version('db'), '1', 'the same image, but not in its rule')
    t.equal(await call(host, 'db', token), '422')
    t.equal(await call(host, 'web', jwt(claims({ repository_id: '1' }))), '401', 'of another repository')
    const fetches = await host.sh(
      "journalctl --no-pager -o cat -u pod-upgrade-trigger-keys.service | grep -c '^Started' || true",
    )
    t.equal(fetches, '1', 'one fetch')
    t.notMatch(await host.sh('journalctl --no-pager'), token, 'the token is in no log line')
  })
}

/** GitHub's keys where GitHub has them, by a certificate that the host believes. */
async function serveKeys(host: Host): Promise<void> {
  await host.write('/root/jwks.json', jwks(jwk()))
  await host.write('/root/server.cjs', SERVER)
  await host.sh(`echo '127.0.0.1 ${GITHUB}' >>/etc/hosts
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${GITHUB} -addext subjectAltName=DNS:${GITHUB} \\
      -keyout /root/key.pem -out /root/cert.pem 2>/dev/null
    cp /root/cert.pem /usr/local/share/ca-certificates/github.crt
    update-ca-certificates >/dev/null 2>&1
    systemd-run --quiet --unit=github-keys /usr/bin/node /root/server.cjs`)
  const answers = async () => (await host.sh(`curl -fsS https://${GITHUB}/.well-known/jwks`)) !== ''
  await host.waitFor('GitHub', answers)
}

/** Gives the status. */
const call = (host: Host, unit: string, token: string): Promise<string> =>
  host.sh(
    `curl -sS -m 60 -o /dev/null -w '%{http_code}' -X POST -H @- http://127.0.0.1:9787/api/v1/units/${unit}/trigger`,
    { input: `Authorization: Bearer ${token}\n` },
  )
