// The shape of lib/: rooms on floors, with imports that point down only, types included; no circle; effects kept away from
// decisions. Nothing here names a file: a room is a folder, a folder in it is below it, and a file that begins with
// `// Pure:` has no effects, which is checked both ways, so that nobody forgets to say so.
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'
import { readSource, type Source } from './support/source.js'

const ROOT = join(import.meta.dirname, '..')

/** From the ground up. Rooms of one floor do not know each other. */
const FLOORS = [
  ['lib'],
  ['lib/config', 'lib/http'],
  ['lib/host', 'lib/store'],
  ['lib/targets'],
  ['lib/actions', 'lib/senders', 'lib/upgrade', 'lib/windows'],
  ['lib/status'],
  ['lib/doctor', 'lib/page', 'lib/tasks'],
  ['lib/setup', 'lib/spool'],
  ['lib/cli'],
  ['lib/request'],
  ['bin'],
]
const FILES_OF_A_ROOM = { least: 3, most: 12 }

const roomOf = (path: string): string => dirname(path).split('/').slice(0, 2).join('/')
const floorOf = (path: string): number => FLOORS.findIndex(rooms => rooms.includes(roomOf(path)))

/** From a higher floor to a lower one; in a room freely, but never from a folder in it up to the room. */
function pointsDown(from: string, to: string): boolean {
  if (roomOf(from) !== roomOf(to)) return floorOf(from) > floorOf(to) && floorOf(to) >= 0
  return dirname(to).startsWith(dirname(from))
}

/** What only some files may do: a word of the code or an imported module, and the files. */
const RESERVED: readonly (readonly [what: string, files: RegExp])[] = [
  ['process.env', /^bin\//],
  ['process.stdout', /^lib\/(http|cli)\//],
  ['execa', /^lib\/host\/exec\.ts$/],
  ['timingSafeEqual', /^lib\/senders\/verify\.ts$/],
  ['node:https', /^lib\/actions\/fetch-keys\.ts$/], // the one way out
  ['node-sqlite3-wasm', /^lib\/store\//],
  ['node:child_process', /^lib\/(host\/exec|store\/files\/lock)\.ts$/], // lock.ts says why
]
/** Words of the code, and modules, with which a file has effects, or depends on when and where it runs. Of node:net some only read text. */
const IMPURE = (
  'process Date.now performance Math.random randomUUID setTimeout AbortSignal.timeout createServer ' +
  'node:fs node:fs/promises node:child_process node:os Socket createConnection node:stream node:timers/promises node:v8'
)
  .split(' ')
  .concat('new Date()')

const files = ['bin', 'lib']
  .flatMap(dir => readdirSync(join(ROOT, dir), { recursive: true }).map(name => join(dir, String(name))))
  .filter(path => path.endsWith('.ts'))
  .sort()
  .map(path => readSource(ROOT, path))
const byPath = new Map(files.map(file => [file.path, file]))

/** What keeps a file from being pure: what it does itself, a file that it runs, or (`given`) what is passed to it. */
function effectsOf({ path, imports, words, hasState }: Source, given: boolean): string[] {
  const isImpure = (file: Source) => {
    const key = `${file.path} ${given}`
    if (!impure.has(key)) {
      impure.set(key, false) // ends at a circle, which another test refuses
      impure.set(key, effectsOf(file, given).length > 0)
    }
    return impure.get(key)
  }
  const below = imports.flatMap(({ file, typesOnly }) => {
    const source = file === undefined || (typesOnly && !given) || file === path ? undefined : byPath.get(file)
    return source !== undefined && isImpure(source) ? [source.path] : []
  })
  return [
    ...IMPURE.filter(word => words.has(word)),
    ...(hasState ? ['a variable of the module'] : []),
    ...below,
  ]
}
const impure = new Map<string, boolean>()

for (const file of files) {
  const { path, imports, words, functions, lines, isDeclaredPure } = file
  t.test(path, async t => {
    const upwards = imports.filter(({ file }) => file !== undefined && !pointsDown(path, file))
    t.strictSame(upwards, [], 'imports only what is below it')
    const taken = RESERVED.filter(([what, where]) => words.has(what) && !where.test(path))
    t.strictSame(taken, [], 'does nothing that is reserved for another file')
    if (isDeclaredPure) t.strictSame(effectsOf(file, false), [], 'is as pure as it says')
    else t.not(effectsOf(file, true).length, 0, 'says that it is pure: `// Pure: …`')
    t.ok(lines <= 200, `has ${lines} lines, at most 200`)
    t.strictSame(
      functions.filter(({ length }) => length > 50),
      [],
      'has no function longer than 50 lines',
    )
    t.notMatch(basename(path), /util|helper|manager|service/, 'is named for what it is')
  })
}

t.test('a room can be seen at a glance', async t => {
  const folders = [...new Set(files.map(({ path }) => dirname(path)))].filter(folder => folder !== 'bin')
  for (const folder of folders) {
    const { length } = files.filter(({ path }) => dirname(path) === folder)
    const { least, most } = FILES_OF_A_ROOM
    t.ok(length >= least && length <= most, `${folder} has ${length} files, ${least} to ${most}`)
  }
})

t.test('the files of lib/ are small', async t => {
  const sizes = files.filter(({ path }) => path.startsWith('lib/')).map(({ lines }) => lines)
  const median = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? 0
  t.ok(median <= 90, `the median is ${median} lines`)
})

/** Every way that leads back to where it began, once. */
function circles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>()
  const done = new Set<string>()
  const walk = (node: string, above: readonly string[]): void => {
    if (above.includes(node)) found.add([...above.slice(above.indexOf(node)), node].join(' > '))
    if (above.includes(node) || done.has(node)) return
    for (const next of edges.get(node) ?? []) walk(next, [...above, node])
    done.add(node)
  }
  for (const node of edges.keys()) walk(node, [])
  return [...found]
}

t.test('imports make no circle, types included', async t => {
  const edges = files.map(({ path, imports }) => [path, imports.flatMap(({ file }) => file ?? [])] as const)
  t.strictSame(circles(new Map(edges)), [])
})

t.test('tests/ has the folders of lib/', async t => {
  const own = /^(bench|fuzz|journeys|lab|mutants|support)(\/|$)/
  const folders = readdirSync(join(ROOT, 'tests'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(join(ROOT, 'tests').length + 1))
    .filter(folder => !own.test(folder))
  const rooms = new Set(files.map(({ path }) => dirname(path)))
  t.strictSame(
    folders.filter(folder => !rooms.has(`lib/${folder}`)),
    [],
  )
})
