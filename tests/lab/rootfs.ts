// The host's file system, made once by mmdebstrap and kept under the hash of this file: delete LAB to make it afresh.
// It is kept in two parts, because /usr is 98 % of it and hardly changes: each host copies `root` and lays an overlay
// over `usr`. What podman stores is then on the machine's real file system, where its own overlays work.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { lock } from '../../lib/store/files/lock.js'
import { fetchNode } from '../bench/nodes.js'

/** Where the lab keeps all it has on disk. */
export const LAB = '/var/tmp/pod-upgrade-trigger-lab'

/**
 * The release of Debian. `sid` has the newest systemd and podman; `bookworm` the oldest systemd that is supported, with trixie's podman,
 * because its own has no quadlets; `noble`, of Ubuntu, the oldest podman.
 */
export const SUITE = process.env['LAB_SUITE'] ?? 'trixie'

/** Their own Node is too old for us, which is what a release with a Node in it is for. */
const HAS_OLD_NODE = ['bookworm', 'noble'].includes(SUITE)

/** Of Debian 13 the one program, with the libraries that it needs. */
const NEWER_PODMAN = `
printf 'deb http://deb.debian.org/debian trixie main\n' >"$1/etc/apt/sources.list.d/trixie.list"
printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' >"$1/etc/apt/preferences.d/trixie"
chroot "$1" apt-get update --quiet=2
chroot "$1" apt-get install --yes --quiet=2 --no-install-recommends --target-release=trixie \\
  systemd/bookworm libsystemd0/bookworm podman crun netavark aardvark-dns conmon passt \
  golang-github-containers-common
`

const UBUNTU = 'http://archive.ubuntu.com/ubuntu'
/** Who signs Ubuntu's packages, which no Debian has. */
const UBUNTU_KEYRING = {
  url: `${UBUNTU}/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb`,
  sha256: '36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8',
  path: 'usr/share/keyrings/ubuntu-archive-keyring.gpg',
}

const BUILD_LIMIT_MS = 30 * 60_000

const PREREQUISITES = [
  { path: '/usr/bin/mmdebstrap', install: 'mmdebstrap' },
  { path: '/usr/share/keyrings/debian-archive-keyring.gpg', install: 'debian-archive-keyring' },
  { path: '/usr/bin/systemd-nspawn', install: 'systemd-container' },
  { path: '/usr/bin/nsenter', install: 'util-linux' },
] as const

const PACKAGES = `
  systemd systemd-sysv dbus dbus-user-session libpam-systemd libnss-systemd polkitd
  podman crun netavark aardvark-dns nftables uidmap passt slirp4netns catatonit golang-github-containers-common
  busybox-static nodejs make git iproute2 curl ca-certificates openssl sqlite3 procps util-linux passwd
  sudo jq skopeo caddy nginx fail2ban python3-systemd prometheus prometheus-node-exporter apprise
`

/** What units/doc/install.md has installed and the lab has no use for: npm needs a network, and twice the room of all the rest. */
export const ONLY_INSTALLABLE = 'npm'

const FILES: Readonly<Record<string, string>> = {
  '/etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  '/etc/containers/registries.conf.d/lab.conf':
    '[[registry]]\nlocation = "localhost:5000"\ninsecure = true\n',
  // The host has no pids controller.
  '/etc/containers/containers.conf.d/lab.conf': '[containers]\npids_limit = 0\n',
  '/etc/lab-registry.yml': `version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: /var/lib/lab-registry }, delete: { enabled: true } }
http: { addr: ":5000" }
`,
  // Rootless quadlets wait for the system's network-online.target, which is there only where some unit wants it.
  '/etc/systemd/system/lab-registry.service': `[Unit]
Description=The registry of the lab
Wants=network-online.target
[Service]
ExecStart=/usr/local/bin/docker-registry serve /etc/lab-registry.yml
StateDirectory=lab-registry
Restart=always
[Install]
WantedBy=multi-user.target
`,
  '/var/lib/systemd/linger/alice': '',
}

const INSTALLABLE = `chroot "$1" apt-get install --simulate ${ONLY_INSTALLABLE}`

// systemd-modules-load fails in a container; the timers would run apt behind a test's back; both proxies want port 80.
const PROVISION = `
rm -f "$1/etc/hostname"
chroot "$1" useradd --create-home --shell /bin/bash --uid 1000 alice
chroot "$1" systemctl enable lab-registry.service
chroot "$1" systemctl disable caddy.service nginx.service fail2ban.service \\
  prometheus.service prometheus-node-exporter.service
chroot "$1" systemctl mask systemd-modules-load.service console-getty.service \\
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
mkdir -p "$1/usr/local/share/lab-image/bin" "$1/usr/local/share/lab-image/tmp"
cp "$1/usr/bin/busybox" "$1/usr/local/share/lab-image/bin/"
chroot "$1/usr/local/share/lab-image" /bin/busybox --install -s /bin
mv "$1/usr" "$1/../usr"
install -D "$1/../usr/lib/os-release" "$1/usr/lib/os-release" # nspawn looks for it before it mounts /usr
`

/** Throws an Error that says what to install, where this machine cannot run the lab. */
export function requireLab(): void {
  if (process.getuid?.() !== 0) throw new Error('the lab boots a real host and needs root: run it as root')
  const missing = PREREQUISITES.filter(({ path }) => !existsSync(path)).map(({ install }) => install)
  if (missing.length > 0) throw new Error(`the lab needs more packages: apt-get install ${missing.join(' ')}`)
}

/** The directory that holds `root` and `usr`, to be read only. Makes it at the first call: about 40 s and a network. */
export function rootfs(): Promise<string> {
  // Once in a process: the kernel lock would wait for itself.
  making ??= make()
  return making
}

let making: Promise<string> | undefined

async function make(): Promise<string> {
  const recipe = await readFile(new URL(import.meta.url))
  const made = `${LAB}/rootfs-${SUITE}-${createHash('sha256').update(recipe).digest('hex').slice(0, 16)}`
  if (existsSync(made)) return made
  const held = lock(`${made}.lock`, BUILD_LIMIT_MS)
  if (held === undefined) throw new Error(`another process has been making ${made} for half an hour`)
  try {
    if (!existsSync(made)) await build(made)
  } finally {
    held.release()
  }
  return made
}

/** Makes it under another name first, so that what an interruption leaves is never taken for the whole. */
async function build(made: string): Promise<void> {
  console.error(`# lab: making ${made}, once`)
  const building = `${LAB}/building-${process.pid}`
  const root = `${building}/root`
  const registry = `${building}/registry`
  await rm(building, { recursive: true, force: true })
  await mkdir(building, { recursive: true })
  // Debian 13 has no registry; the one of Debian 12 is a single binary that needs libc alone.
  await Promise.all([
    mmdebstrap('minbase', SUITE, PACKAGES, root),
    mmdebstrap('extract', 'bookworm', 'docker-registry', registry),
  ])
  if (HAS_OLD_NODE) await copyFile(fetchNode('24'), `${root}/usr/local/bin/node`)
  await rename(`${registry}/usr/bin/docker-registry`, `${root}/usr/local/bin/docker-registry`)
  await rm(registry, { recursive: true })
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(root + path), { recursive: true })
    await writeFile(root + path, text)
  }
  await promisify(execFile)('sh', ['-euc', PROVISION, 'sh', root])
  await rename(building, made)
}

async function mmdebstrap(variant: string, suite: string, packages: string, target: string): Promise<void> {
  const include = packages.trim().split(/\s+/).join(',')
  const lean = ['doc', 'man', 'locale', 'info'].map(it => `--dpkgopt=path-exclude=/usr/share/${it}/*`)
  const hook = variant === 'extract' || HAS_OLD_NODE ? [] : [`--customize-hook=${INSTALLABLE}`]
  const newer = variant !== 'extract' && suite === 'bookworm' ? [`--customize-hook=${NEWER_PODMAN}`] : []
  // A mirror that lags behind an unreleased Debian is as good for a lab.
  const late = suite === SUITE && SUITE !== 'trixie' ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []
  const from = suite === 'noble' ? await ubuntu(dirname(target)) : { options: [], mirror: [] }
  const more = [...lean, ...late, ...hook, ...newer, ...from.options]
  const args = [`--variant=${variant}`, ...more, `--include=${include}`, suite, target, ...from.mirror]
  await promisify(execFile)('mmdebstrap', args, { timeout: BUILD_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 })
}

async function ubuntu(dir: string): Promise<{ options: string[]; mirror: string[] }> {
  const deb = `${dir}/ubuntu-keyring.deb`
  const run = promisify(execFile)
  await run('curl', ['-fsS', '-m', '60', '-o', deb, UBUNTU_KEYRING.url])
  const found = createHash('sha256')
    .update(await readFile(deb))
    .digest('hex')
  if (found !== UBUNTU_KEYRING.sha256) throw new Error(`${UBUNTU_KEYRING.url} has another hash: ${found}`)
  await run('dpkg-deb', ['-x', deb, `${dir}/keyring`])
  return {
    options: [`--keyring=${dir}/keyring/${UBUNTU_KEYRING.path}`, '--components=main,universe'],
    mirror: [UBUNTU],
  }
}
