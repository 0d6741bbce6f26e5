// The shape of lib/: entry, journey, adapter, decision, with imports that point down only. A file that is in no list
// here is a decision, so a new one is pure until somebody says otherwise. Types may be imported from adapters anywhere.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { readSource } from './support/source.js'

const ROOT = join(import.meta.dirname, '..')
const DECISION = 0
const ADAPTER = 1
const JOURNEY = 2
const ENTRY = 3
const ADAPTERS =
  'connection environment exec exit failure findings host interruption left log notify patient pin ping podman quadlet sandbox spool state systemd table unit-state'.split(
    ' ',
  )
const JOURNEYS =
  'accept all api batch correct dependents doctor drain enabled hook lists look order prove prune respond rollback serve steps task trigger upgrade watch'.split(
    ' ',
  )

function layerOf(path: string): number {
  const name = path.replace(/^lib\/|\.ts$/g, '')
  if (path.startsWith('bin/') || name === 'cli') return ENTRY
  if (JOURNEYS.includes(name)) return JOURNEY
  return ADAPTERS.includes(name) || path.startsWith('lib/store/') ? ADAPTER : DECISION
}

/** What only some files may do: a word of the code or an imported module, and the files. */
const RESERVED: readonly (readonly [what: string, files: RegExp])[] = [
  ['process.env', /^bin\//],
  ['process.stdout', /^lib\/(connection|cli)\.ts$/],
  ['execa', /^lib\/exec\.ts$/],
  ['timingSafeEqual', /^lib\/verify\.ts$/],
  ['node-sqlite3-wasm', /^lib\/store\//],
  ['node:child_process', /^lib\/(exec|store\/lock)\.ts$/], // lock.ts says why
]
const IMPURE =
  'process Date.now new|Date() performance Math.random setTimeout node:fs node:fs/promises node:child_process'
    .split(' ')
    .map(word => word.replace('|', ' '))

const files = ['bin', 'lib']
  .flatMap(dir => readdirSync(join(ROOT, dir), { recursive: true }).map(name => join(dir, String(name))))
  .filter(path => path.endsWith('.ts'))
  .sort()
  .map(path => readSource(ROOT, path))

for (const { path, imports, words, functions, lines } of files) {
  t.test(path, async t => {
    const reach = (typesOnly: boolean) => Math.max(layerOf(path), typesOnly ? ADAPTER : DECISION)
    const upwards = imports.filter(({ file, typesOnly }) => file && layerOf(file) > reach(typesOnly))
    t.strictSame(upwards, [], 'imports only what is below it')
    const taken = RESERVED.filter(([what, where]) => words.has(what) && !where.test(path))
    t.strictSame(taken, [], 'does nothing that is reserved for another file')
    const impure = layerOf(path) === DECISION ? IMPURE.filter(word => words.has(word)) : []
    t.strictSame(impure, [], 'is pure where it is a decision')
    t.ok(lines <= 200, `has ${lines} lines, at most 200`)
    t.strictSame(
      functions.filter(({ length }) => length > 50),
      [],
      'has no function longer than 50 lines',
    )
    t.notMatch(basename(path), /util|helper|manager|service/, 'is named for what it is')
  })
}

t.test('the files of lib/ are small', async t => {
  const sizes = files.filter(({ path }) => path.startsWith('lib/')).map(({ lines }) => lines)
  const median = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0
  t.ok(median <= 90, `the median is ${median} lines`)
})

t.test('imports make no cycle, types aside', async t => {
  const edges = new Map(files.map(({ path, imports }) => [path, imports.filter(edge => !edge.typesOnly)]))
  const cycles: string[] = []
  const done = new Set<string>()
  const walk = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(' > '))
    if (above.includes(path) || done.has(path)) return
    for (const { file } of edges.get(path) ?? []) if (file !== undefined) walk(file, [...above, path])
    done.add(path)
  }
  for (const { path } of files) walk(path, [])
  t.strictSame(cycles, [])
})
