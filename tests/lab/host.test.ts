// The lab itself: a host that boots, pulls, restarts, loses power and leaves nothing behind is what every other test
// here stands on.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type As, bootHost, type Host } from './host.js'
import { SUITE } from './rootfs.js'

const IMAGE = 'localhost:5000/lab/app:latest'
const SCOPES: { scope: string; as: As; conf: string; systemctl: string }[] = [
  { scope: 'rootless', as: { user: 'alice' }, conf: '/home/alice/.config', systemctl: 'systemctl --user' },
  { scope: 'rootful', as: {}, conf: '/etc', systemctl: 'systemctl' },
]

t.test('a host, from boot to nothing left', async t => {
  const host = await timed('boot', () => bootHost())
  t.teardown(() => host.stop())
  const versions = await host.sh('systemctl --version | head -n 1; podman --version')
  t.comment(versions)
  if (SUITE === 'trixie') t.match(versions, /^systemd 257 .*\npodman version 5\.4\./)
  t.equal(await host.sh('systemctl is-system-running'), 'running')
  t.equal(await host.sh('test -f /src/package.json && touch /src/x || echo read-only'), 'read-only')

  for (const { scope, as, conf, systemctl } of SCOPES) {
    const running = (): Promise<string> =>
      host.sh(
        `podman ps --no-trunc --filter label=PODMAN_SYSTEMD_UNIT=app.service --format '{{.ImageID}}'`,
        as,
      )
    const first = await timed(`${scope}: push`, () => host.pushImage(IMAGE, { version: '1' }))
    t.match(first, /^[0-9a-f]{64}$/)
    t.equal(
      await host.sh('podman images -q; podman events --stream=false --filter type=image', as),
      '',
      'no trace of it',
    )
    const quadlet = `[Container]\nImage=${IMAGE}\nNetwork=none\n[Install]\nWantedBy=default.target\n`
    await host.write(`${conf}/containers/systemd/app.container`, quadlet, as)
    await timed(`${scope}: start`, () =>
      host.sh(`${systemctl} daemon-reload; ${systemctl} start app.service`, as),
    )
    t.equal(await running(), first, `${scope}: version 1 runs`)

    const second = await host.pushImage(IMAGE, { version: '2' })
    t.not(second, first)
    t.equal(await timed(`${scope}: pull`, () => host.sh(`podman pull -q ${IMAGE}`, as)), second)
    await timed(`${scope}: restart`, () => host.sh(`${systemctl} restart app.service`, as))
    t.equal(await running(), second, `${scope}: version 2 runs`)

    const before = await host.sh('cat /proc/sys/kernel/random/boot_id')
    await timed('hard reset', () => host.hardReset())
    t.not(await host.sh('cat /proc/sys/kernel/random/boot_id'), before, 'another boot')
    t.equal(await running(), second, `${scope}: it runs again after a power cut`)
    t.match(await host.journal(400, as.user), /version 2 is up/, 'its own words are in the journal')
  }

  await timed('stop', () => host.stop())
  t.same(leftovers(host.outside), [])
})

t.test('a host whose process was killed leaves nothing either', async t => {
  const url = new URL('host.js', import.meta.url)
  const script = `const { bootHost } = await import('${url}'); console.log(JSON.stringify((await bootHost()).outside))`
  const args = [...process.execArgv, '--input-type=module', '-e', `${script}; setInterval(() => {}, 1000)`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [told] = await once(child.stdout, 'data')
  const outside: Outside = JSON.parse(String(told))
  t.ok(leftovers(outside).length >= 3, 'a directory, a cgroup and processes are seen')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const deadline = Date.now() + 60_000
  while (leftovers(outside).length > 0 && Date.now() < deadline) await sleep(100)
  t.same(leftovers(outside), [])
})

type Outside = Host['outside']

/** What there is of a host on this machine: paths, lines of the mount table, command lines. */
function leftovers({ directory, cgroup }: Outside): string[] {
  const name = basename(directory)
  const paths = [directory, cgroup, `/sys/fs/cgroup/systemd/${name}`, `/run/systemd/nspawn/propagate/${name}`]
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const processes = readdirSync('/proc')
    .filter(it => /^\d+$/.test(it))
    .map(commandLine)
  return [...paths.filter(it => existsSync(it)), ...[...mounts, ...processes].filter(it => it.includes(name))]
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // it ended meanwhile
  }
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now()
  const result = await work()
  t.comment(`${what}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return result
}
