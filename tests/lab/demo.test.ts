// `make demo` where podman and a service manager answer, for root and for a user: it shows an upgrade and a way back, and
// leaves nothing, also where it is interrupted, or was killed before.
import t, { type Test } from 'tap'
import { bootHost } from './host.js'
import type { Scope } from './site.js'

const DEMO = 'make -s -C /src -o needs demo' // what it needs is there but for npm, and /src is built
const MIDST = '2. Version' // the first upgrade is under way

// In podman's own places it is podman that decides what stays.
const SEEN = `
for scope in '' --user; do
  as='' && test -z "$scope" || as='setpriv --reuid=alice --regid=alice --init-groups env HOME=/home/alice XDG_RUNTIME_DIR=/run/user/1000'
  $as systemctl $scope list-units --all --plain --no-legend --no-pager --type=service,socket,slice,path,timer | awk '{ print $1, $3 }'
  $as systemctl $scope list-unit-files --no-legend --no-pager | awk '{ print $1 }'
  $as podman images --all --format '{{.ID}} {{.Repository}}'
  $as podman ps --all --format '{{.ID}} {{.Names}}'
  $as podman volume ls --format '{{.Name}}'
done
ss -Hltn | awk '{ print $4 }'
find /etc /root /home /usr/local /tmp /var/tmp /run/systemd/system /run/systemd/transient /run/user/1000/systemd/user \\
  -not -path '/home/alice/.local/*' 2>/dev/null || true
ls -d /run/* /run/user/1000/* /run/containers/* /run/user/1000/containers/* /var/lib/* /home/alice/.local/*
`
const USE_PODMAN = `tar -c -C /usr/local/share/lab-image . | podman import --quiet - first >/dev/null
podman run --rm --network=none first true; podman rmi first >/dev/null`

const host = await bootHost()
t.teardown(() => host.stop())
for (const user of [{}, { user: 'alice' }] as const) await host.sh(USE_PODMAN, user)
// What comes and goes by itself: requests to managers, podman's scopes, and what others start and end.
const seen = async (): Promise<string[]> =>
  unique(
    (await host.sh(SEEN))
      .split('\n')
      .filter(line => !/\b(run-|podman-\d+\.scope|systemd-tmpfiles|netavark-dhcp-proxy)/.test(line)),
  )

for (const scope of ['rootful', 'rootless'] as const) {
  t.test(scope, async t => {
    const before = await seen()
    const demo = (command = DEMO) =>
      host.run(['sh', '-c', `exec ${command} 2>&1`], scope === 'rootful' ? {} : { user: 'alice' })
    const leavesNothing = async (when: string) => {
      const after = await seen()
      t.strictSame(
        after.filter(it => !before.includes(it)),
        [],
        `nothing is left ${when}`,
      )
      t.strictSame(
        before.filter(it => !after.includes(it)),
        [],
        `nor is anything missing`,
      )
    }

    const killed = await demo(untilMidst('KILL', 'node /src/fixtures/demo/demo.mjs'))
    t.match(killed, { code: 137, stdout: new RegExp(MIDST) })
    t.ok((await seen()).length > before.length, 'what a killed one leaves is there')
    const began = Date.now()
    const { code, stdout } = await demo()
    t.comment(`${scope}: ${(Date.now() - began) / 1000} s`)
    t.equal(code, 0, code === 0 ? 'it ends well' : stdout)
    shows(t, stdout, scope)
    await leavesNothing('of either')

    const interrupted = await demo(untilMidst('INT', DEMO))
    t.not(interrupted.code, 0)
    t.match(interrupted.stdout, /ended by SIGINT\n\nNothing is left of it/)
    await leavesNothing('after Ctrl-C')
  })
}

/** A command line that runs `command` until it is in the midst of it, and ends all that it has started. It prints what was said. */
const untilMidst = (signal: string, command: string): string =>
  `bash -c 'set -m; said=$(mktemp); ${command} >$said 2>&1 &
  until grep -qF "${MIDST}" $said || ! kill -0 $!; do sleep 0.1; done
  kill -${signal} -- -$!; wait $!; code=$?; cat $said; rm $said; exit $code'`

/** The picture that a person should remember, in parts of at most a screen. */
function shows(t: Test, stdout: string, scope: Scope): void {
  const [, ...parts] = stdout.split(/^(?=\d\. )/m)
  t.equal(parts.length, 5)
  for (const part of parts) {
    t.ok(part.split('\n').length <= 24, 'a screen holds the part')
    t.strictSame(
      part.split('\n').filter(line => line.length > 115),
      [],
      'and its lines',
    )
  }
  const [first = '', good = '', bad = '', record = '', times = ''] = parts
  t.match(first, /it runs +active, version 1 \(image [0-9a-f]{12}\)/)
  t.match(good, /a forgery +401 /)
  for (const [part, version] of [
    [good, 2],
    [bad, 3],
  ] as const) {
    t.match(
      part,
      /sent +POST \/hooks\/github .*X-Hub-Signature-256: sha256=[0-9a-f]{12}…\n +\{"action":"published"/,
    )
    t.match(part, `"id":${version}`)
    t.match(part, /answered +202 Accepted after [\d.]+ s\n +\{"status":"accepted"/)
  }
  t.match(good, /updated after [\d.]+ s\n *before +active, version 1 .*\n *after +active, version 2 /)
  t.match(bad, /rolled-back after [\d.]+ s: .*failed/)
  t.match(bad, /"version 3 finds no database"/)
  t.match(bad, /before +active, version 2 (.*)\n *after +active, version 2 \1/, 'the same image again')
  t.match(record, /401 +POST .*\n *\$ pod-upgrade-trigger tasks\n/)
  t.match(record, /rolled-back .*\n.* updated/)
  t.match(times, /2 +updated( +[\d.]+ s){5}\n +3 +rolled-back( +[\d.]+ s){6}\n/)
  t.match(stdout, /Nothing is left of it: .*\nNext: README\.md, .*\n$/, scope)
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)].sort()
}
