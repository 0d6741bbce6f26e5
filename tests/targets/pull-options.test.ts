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
  ['a policy of its own option', `/usr/bin/podman image pull --policy never ${IMAGE}`, [], { isNever: true }],
  ['another option that says never', `/usr/bin/podman run --pull=always --restart=never ${IMAGE}`, [], {}],
  [
    'an option after the name of the file',
    '/usr/bin/podman kube play /srv/web.yml --tls-verify=false',
    [],
    { options: ['--tls-verify=false'] },
  ],
  [
    'an option before the command is of podman itself',
    `/usr/bin/podman --tls-verify=false run ${IMAGE}`,
    [],
    { globals: ['--tls-verify=false'] },
  ],
  [
    'a value that begins or ends like the word before the command',
    `/usr/bin/podman --module my-container run ${IMAGE}`,
    [],
    { globals: ['--module', 'my-container'] },
  ],
  [
    'and one that begins like it',
    `/usr/bin/podman --module container-x run ${IMAGE}`,
    [],
    { globals: ['--module', 'container-x'] },
  ],
  ['podman from PATH', `podman run --tls-verify=false ${IMAGE}`, [], { options: ['--tls-verify=false'] }],
  ['a value that has an option in it', `podman run --label x--arch=arm64 ${IMAGE}`, [], {}],
  ['podman, but nothing that gets an image', `/usr/bin/podman inspect --arch=arm64 ${IMAGE}`, [], {}],
  ['another program', `/usr/bin/docker run --arch=arm64 ${IMAGE}`, [], {}],
  ['a program whose name begins with podman', `/usr/bin/podman-remote run --arch=arm64 ${IMAGE}`, [], {}],
  [
    'a transport inside is another image',
    '/usr/bin/podman run --arch=arm64 ghcr.io/docker://acme/web:latest',
    [],
    {},
  ],
  [
    'a container that is run before the start, by the same image',
    `/usr/bin/podman run ${IMAGE}`,
    [`/usr/bin/podman run --arch=arm64 ${IMAGE} migrate`],
    {},
  ],
  ['a shell: nothing is known', `/bin/sh -c podman`, [], {}],
] as const) {
  t.test(why, async t => t.strictSame(of(start, ...before), { ...none, ...expected }))
}

t.test('an image that is called like the command', async t => {
  const start = [command('/usr/bin/podman run --arch=arm64 run')]
  t.strictSame(pullOptionsOf({ start, before: [] }, 'run').options, ['--arch=arm64'])
})

t.test('what a program is told to call itself is no command', async t => {
  const { words } = command(`run --log-level=debug run --arch=arm64 ${IMAGE}`)
  const { globals } = pullOptionsOf(
    { start: [{ path: '/usr/bin/podman', words, flags: [] }], before: [] },
    IMAGE,
  )
  t.strictSame(globals, ['--log-level=debug'])
})
