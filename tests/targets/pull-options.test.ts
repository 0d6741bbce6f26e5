// How a unit's own definition says that its image is pulled. A short list of options of our own once pulled another architecture
// than the unit's, and asked a registry without TLS for TLS.
import t from 'tap'
import type { Command } from '../../lib/host/unit-commands.js'
import { pullOptionsOf } from '../../lib/targets/pull-options.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const command = (line: string): Command => {
  const words = line.split(' ')
  return { path: words[0] ?? '', words, flags: [] }
}
const of = (start: string, ...before: string[]) =>
  pullOptionsOf({ start: [command(start)], before: before.map(command) }, IMAGE)
const none = { globals: [], options: [], isNever: false, hasCreds: false, hasPlatform: false }

for (const [why, start, before, expected] of [
  [
    'a quadlet',
    `/usr/bin/podman run --name=systemd-web --replace --rm -d --pull=always ${IMAGE} serve --arch x`,
    [],
    {},
  ],
  [
    'the unit of a .image',
    `/usr/bin/podman image pull --arch arm64 --tls-verify=false --authfile /etc/auth.json docker://${IMAGE}`,
    [],
    { options: ['--arch=arm64', '--tls-verify=false', '--authfile=/etc/auth.json'], hasPlatform: true },
  ],
  [
    'global options, and a flag without a value',
    `/usr/bin/podman --log-level=debug --module /etc/m.conf container run --tls-verify --platform=linux/arm/v7 ${IMAGE}`,
    [],
    {
      globals: ['--log-level=debug', '--module', '/etc/m.conf'],
      options: ['--tls-verify', '--platform=linux/arm/v7'],
      hasPlatform: true,
    },
  ],
  [
    'a pull before the start, by another spelling',
    `/usr/bin/podman run --rm acme/web`,
    [`/usr/bin/podman pull --retry 5 ghcr.io/acme/web`],
    { options: ['--retry=5'] },
  ],
  ['its start never asks a registry', `/usr/bin/podman run --pull never ${IMAGE}`, [], { isNever: true }],
  [
    'a password',
    `/usr/bin/podman image pull --creds=me:secret ${IMAGE}`,
    [],
    { options: ['--creds=me:secret'], hasCreds: true },
  ],
  [
    'kube',
    '/usr/bin/podman kube play --replace --tls-verify=false --cert-dir /etc/certs --service-container=true /srv/web.yml',
    [],
    { options: ['--tls-verify=false', '--cert-dir=/etc/certs'] },
  ],
  ['a shell: nothing is known', `/bin/sh -c podman`, [], {}],
] as const) {
  t.test(why, async t => t.strictSame(of(start, ...before), { ...none, ...expected }))
}
