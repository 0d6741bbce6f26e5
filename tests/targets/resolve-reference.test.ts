// A text in a file is not yet what systemd and podman make of it.
import t from 'tap'
import { resolveReference } from '../../lib/targets/resolve-reference.js'

for (const [why, text, line, environment, expected] of [
  [
    'a variable of its environment',
    `ghcr.io/acme/web:\${TAG}`,
    `podman run --name web ghcr.io/acme/web:\${TAG}`,
    { TAG: 'stable' },
    { image: 'ghcr.io/acme/web:stable', word: `ghcr.io/acme/web:\${TAG}` },
  ],
  [
    'a variable that nobody sets',
    `ghcr.io/acme/web:\${TAG}`,
    `podman run ghcr.io/acme/web:\${TAG}`,
    {},
    undefined,
  ],
  [
    'a specifier',
    'ghcr.io/acme/%i:1',
    'podman run ghcr.io/acme/blog:1',
    {},
    { image: 'ghcr.io/acme/blog:1' },
  ],
  [
    'a transport',
    'docker://ghcr.io/acme/web:1',
    'podman run docker://ghcr.io/acme/web:1',
    {},
    { image: 'ghcr.io/acme/web:1', word: 'docker://ghcr.io/acme/web:1' },
  ],
  [
    'another transport: no registry has it',
    'oci-archive:/srv/web.tar',
    'podman run oci-archive:/srv/web.tar',
    {},
    undefined,
  ],
  [
    'a variable that nobody sets, in a name that is one without it',
    `ghcr.io/acme/web\${SUFFIX}:1`,
    `podman run ghcr.io/acme/web\${SUFFIX}:1`,
    {},
    undefined,
  ],
  ['a percent sign is no specifier', 'ghcr.io/acme/w%%b:1', 'podman run ghcr.io/acme/web:1', {}, undefined],
  ['a dollar sign is no variable', 'ghcr.io/acme/w$$eb:1', 'podman run ghcr.io/acme/w$$eb:1', {}, undefined],
  [
    'a transport inside',
    'ghcr.io/docker://acme/web:1',
    'podman run ghcr.io/docker://acme/web:1',
    {},
    undefined,
  ],
  ['two words that could be it', '%i', 'podman run', {}, undefined],
  ['a command line of somebody else', 'ghcr.io/acme/%i:1', '/bin/sh -c x', {}, undefined],
] as const) {
  t.test(why, async t => {
    const start = [{ path: '/usr/bin/podman', words: line.split(' '), flags: [] }]
    t.strictSame(resolveReference(text, { start, environment }), expected)
  })
}
