// The release of this tree, made afresh, for a host to install from.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
const make = (dist: string, ...words: string[]): unknown =>
  execFileSync('make', ['-C', ROOT, `DIST=${dist}`, ...words], { stdio: 'pipe' })

/** Makes it in `dist`, without Node, and gives what its files are called. */
export function release(dist: string): { readonly tarball: string; readonly deb: string } {
  make(dist, 'tarball', 'deb')
  return {
    tarball: `pod-upgrade-trigger-${version}.tar.gz`,
    deb: `pod-upgrade-trigger_${version}_all.deb`,
  }
}

/** Makes the package with Node for this machine, and gives what it is called; the first time takes a network. */
export function bundled(dist: string): string {
  make(dist, `ARCH=${process.arch}`, 'deb', 'DEB_Z=-Znone', 'GZ=gzip -1n')
  return `pod-upgrade-trigger-bundled_${version}_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`
}

/** A shell command that prints everything on the disk that has our name, or is below a directory that has. */
export const OURS = `{
  find / -xdev \\( -path /src -o -path /release -o -path /tmp -o -path /run -o -path /var/log -o -path /var/lib/dpkg \\) -prune -o -path '*pod-upgrade-trigger*' -print
  find /usr -xdev -path '*pod-upgrade-trigger*'
} | sort -u`

/** A drop-in of the socket, for as many requests a second as there can be: three would miss most of an installation. */
export const UNLIMITED = '[Socket]\nPollLimitIntervalSec=0\n'
