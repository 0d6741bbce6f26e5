// The Nodes to measure with: the one that runs this, and the newest of each later line, as the npm package of that name
// has it. They are fetched once and kept beside the dependencies, being none themselves.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const LINES = ['22', '24', '26']
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/bench-nodes')

export interface Node {
  readonly path: string
  /** As it says it itself: v24.21.0. */
  readonly version: string
}

/** Ours first. BENCH_NODES=20,24 asks for these lines alone. Throws, with the reason, where one cannot be fetched. */
export function findNodes(): Node[] {
  const [own = ''] = process.versions.node.split('.')
  const wanted = process.env['BENCH_NODES']?.split(',') ?? [own, ...LINES]
  return [...new Set(wanted)].map(line => {
    const path = line === own ? process.execPath : fetchNode(line)
    return { path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }
  })
}

/** The path of the newest Node of a line. */
export function fetchNode(line: string): string {
  const kept = join(CACHE, `node-${line}`)
  if (existsSync(kept)) return kept
  const dir = join(CACHE, `fetching-${process.pid}`)
  mkdirSync(dir, { recursive: true })
  try {
    console.error(`# fetching node ${line}, once`)
    const name = `node-${process.platform}-${process.arch}@${line}`
    const tarball = execFileSync('npm', ['pack', '--silent', name], { cwd: dir, encoding: 'utf8' }).trim()
    execFileSync('tar', ['-xzf', tarball, 'package/bin/node'], { cwd: dir })
    renameSync(join(dir, 'package/bin/node'), kept)
    return kept
  } finally {
    rmSync(dir, { recursive: true })
  }
}
