// node units/packaging/carried.js ARCH DIRECTORY: puts the Node that a release carries into DIRECTORY: bin/node and its
// license, and nothing else of it. The program is the one that nodejs.org has, byte for byte and so not stripped (which
// would save 9 % of the download), for anybody to compare. It comes from the registry that every build needs anyway, is
// kept in the user's cache, and is compared with the sums below at each use.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const LICENSE = '5888dbb9a1d2b18f2c3e6c5f6af1b39de658372b402a0577b002777f14c62ace'

/** By SHA-256: the program, and the .tar.gz of nodejs.org that has the same. units/doc/development.md ("Releasing") says how they are changed. */
export const NODE = {
  version: '24.21.0',
  x64: {
    program: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
    official: '6e1db87ef58b8819e5d5402eff1536491b18edd8eb7bee5ef7897876e88dc5ff',
  },
  arm64: {
    program: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
    official: '724282c3b43aec998aa9527380465b45d229e021b58035f5f4f63095eabfe5d5',
  },
}

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pod-upgrade-trigger')
const isWhole = (path, sum) =>
  existsSync(path) && createHash('sha256').update(readFileSync(path)).digest('hex') === sum

/** Where `bin/node` and `LICENSE` of an architecture are; fetches them where they are not, or not whole. */
export function carriedNode(arch) {
  const kept = join(CACHE, `node-${NODE.version}-${arch}`)
  const areWhole = at => isWhole(`${at}/bin/node`, NODE[arch].program) && isWhole(`${at}/LICENSE`, LICENSE)
  if (areWhole(kept)) return kept
  mkdirSync(CACHE, { recursive: true })
  const dir = mkdtempSync(join(CACHE, 'fetching-'))
  try {
    const name = `node-linux-${arch}@${NODE.version}`
    console.error(`fetching ${name}, once`)
    const tarball = execFileSync('npm', ['pack', '--silent', name], { cwd: dir, encoding: 'utf8' }).trim()
    execFileSync('tar', ['-xzf', tarball, 'package/bin/node', 'package/LICENSE'], { cwd: dir })
    if (!areWhole(join(dir, 'package')))
      throw new Error(`${name} is not what units/packaging/carried.js knows`)
    rmSync(kept, { recursive: true, force: true })
    renameSync(join(dir, 'package'), kept)
    return kept
  } finally {
    rmSync(dir, { recursive: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  const [, , arch, directory] = process.argv
  const from = carriedNode(arch)
  mkdirSync(join(directory, 'bin'), { recursive: true })
  copyFileSync(join(from, 'bin/node'), join(directory, 'bin/node'))
  chmodSync(join(directory, 'bin/node'), 0o755)
  copyFileSync(join(from, 'LICENSE'), join(directory, 'LICENSE.node'))
}
