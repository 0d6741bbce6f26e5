// How a unit is made to run a kept image by its id, whatever its own command line says about pulling: one row for each kind.
import t from 'tap'
import type { Command } from '../../../lib/host/unit-commands.js'
import { pinCommands } from '../../../lib/upgrade/way-back/pinned-commands.js'

const ID = 'a'.repeat(64)
const DB = 'd'.repeat(64)
const REF = 'ghcr.io/acme/web:latest'
const KEPT = new Map([
  [REF, ID],
  ['docker.io/library/postgres:16', DB],
])
const COPY = '/state/web.yaml'

/** Words are separated by spaces; a word may hold `·` for a space of its own. */
function command(text: string, flags: readonly string[] = []): Command {
  const words = text.split(' ').map(word => word.replaceAll('·', ' '))
  return { path: words[0] ?? '', words, flags }
}
const told = ({ words }: Command): string => words.map(word => word.replaceAll(' ', '·')).join(' ')

for (const [why, text, expected] of [
  ['a quadlet', `/usr/bin/podman run --rm -d ${REF}`, `/usr/bin/podman run --pull=never --rm -d ${ID}`],
  [
    'Pull=always, as the generator writes it',
    `/p run --pull always -d ${REF} serve`,
    `/p run --pull=never -d ${ID} serve`,
  ],
  ['--pull=newer', `/p run --pull=newer --name=x ${REF}`, `/p run --pull=never --name=x ${ID}`],
  [
    'global options of podman before the verb',
    `/p --log-level debug run ${REF}`,
    `/p --log-level debug run --pull=never ${ID}`,
  ],
  ['`podman container run`', `/p container run ${REF}`, `/p container run --pull=never ${ID}`],
  [
    'an option of the program in the container is its own',
    `/p run ${REF} update --pull always`,
    `/p run --pull=never ${ID} update --pull always`,
  ],
  ['docker:// is a transport', `/p run docker://${REF}`, `/p run --pull=never ${ID}`],
  ['a short name of Docker Hub', '/p run postgres:16', `/p run --pull=never ${DB}`],
  [
    'a shell that runs podman',
    `/bin/sh -c exec·podman·run·${REF}·serve`,
    `/bin/sh -c exec·podman·run·${ID}·serve`,
  ],
] as const) {
  t.test(why, async t => {
    const pinned = pinCommands({ start: [command(text)], before: [] }, KEPT, COPY)
    t.strictSame(pinned.ok && pinned.value.start.map(told), [expected])
  })
}

for (const [why, start, told] of [
  ['another image is run', ['/p run ghcr.io/acme/other:latest'], /has ghcr\.io.* nowhere/],
  ['an image whose name only begins so', [`/p run ${REF}-slim`], /nowhere/],
  ['the reference twice: which of them is it?', [`/p run -e SELF=x ${REF} ${REF}`], /2 times/],
  ['a shell that also pulls', [`/bin/sh -c podman·pull·${REF};podman·run·${REF}`], /nowhere/],
  ['a shell that says how to pull', [`/bin/sh -c podman·run·--pull=always·${REF}`], /nowhere/],
  ['several commands', [`/p run ${REF}`, '/bin/true'], /2 ExecStart=/],
  ['no command', [], /0 ExecStart=/],
  ['kube without a file', ['/p kube play -'], /names no YAML/],
] as const satisfies readonly (readonly [string, readonly string[], RegExp])[]) {
  t.test(`no way back: ${why}`, async t => {
    const pinned = pinCommands({ start: start.map(text => command(text)), before: [] }, KEPT, COPY)
    t.match(pinned.ok ? 'it was pinned' : pinned.problems[0]?.message, told)
  })
}

t.test('what is run before: a pull is left out, anything else stays', async t => {
  const before = [
    command(`/p pull ${REF}`, ['ignore-failure']),
    command(`/p image pull -q ${REF}`),
    command(`/bin/sh -c podman·pull·${REF}·||·true`),
    command('/bin/mkdir -p /run/web'),
    command('/p pull ghcr.io/acme/other:latest'),
    command(`/p create --name web ${REF}`),
  ]
  const pinned = pinCommands({ start: [command(`/p run ${REF}`)], before }, KEPT, COPY)
  t.strictSame(pinned.ok && pinned.value.before.map(told), [
    '/bin/mkdir -p /run/web',
    '/p pull ghcr.io/acme/other:latest',
    `/p create --pull=never --name web ${ID}`,
  ])
})

t.test('a .kube unit is given a copy of its YAML', async t => {
  const start = [command('/p kube play --replace --configmap /etc/map.yaml /etc/web.yml')]
  const pinned = pinCommands({ start, before: [] }, KEPT, COPY)
  t.strictSame(pinned.ok && [pinned.value.start.map(told), pinned.value.yaml], [
    [`/p kube play --replace --configmap /etc/map.yaml ${COPY}`],
    { source: '/etc/web.yml', copy: COPY },
  ])
})
