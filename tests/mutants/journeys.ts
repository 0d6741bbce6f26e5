// Mutants of the rooms whose effects only a journey sees, each against the journeys that run it, through the built program.
// Stryker itself runs mutants in the process of a test, and here the program is another one, started with an environment of its
// own by a test, and again by what stands in for systemd-run. So its instrumenter makes the mutants, all of them in one build of
// the program (tree.ts), and the journeys are as they are.
//
// They take hours, so the mutants come in an order that is always the same and looks like chance, as many as MINUTES allows.
// One that was killed, in a file and by a journey that are as they were, is not tried again: a run goes on where the last one ended.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ran, runJourney } from './journey.js'
import { type Judged, printReport } from './report.js'
import { activate, type Mutant, makeTree, ROOT } from './tree.js'

const KEPT = join(ROOT, '.mutants/journeys.json')
const TRIED = join(ROOT, '.mutants/journeys-tried.json')
const TREES = ['tree-0', 'tree-1'].map(name => join(ROOT, '.mutants', name))
const MADE_OF = ['bin', 'lib', 'fixtures', 'tests/journeys', 'tests/support']
const MINUTES = Number(process.env['MINUTES'] ?? 45)
const ROOMS = ['upgrade', 'tasks', 'spool', 'request']
/** These say what is loaded, or how long something takes: with every mutant in it the program is another one. */
const NOT = ['loaded.test.ts', 'openapi.test.ts', 'setup.test.ts']
/** What no journey of so many notices, those first that have killed others of its file, has survived. */
const JOURNEYS_OF_A_MUTANT = 12

interface Journey extends Ran {
  readonly path: string
  readonly covers: ReadonlySet<string>
}

const readJson = <T>(path: string): T | undefined =>
  existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const hashOf = (path: string): string => hash(readFileSync(join(ROOT, path), 'utf8'))
const keyOf = ({ file, line, mutator, code, replacement }: Mutant): string =>
  hash(JSON.stringify([file, line, mutator, code, replacement]))

const files = ROOMS.flatMap(room =>
  readdirSync(join(ROOT, 'lib', room), { recursive: true, encoding: 'utf8' })
    .map(name => join('lib', room, name))
    .filter(path => path.endsWith('.ts') && !readFileSync(join(ROOT, path), 'utf8').startsWith('// Pure:')),
).sort()
const paths = readdirSync(join(ROOT, 'tests/journeys'))
  .filter(name => name.endsWith('.test.ts') && !NOT.includes(name))
  .map(name => join('tests/journeys', name))

/** Does `work` for each of them, one in each tree at a time, until it is `end`. */
async function forEach<T>(items: readonly T[], end: number, work: (item: T, tree: string) => Promise<void>) {
  const left = [...items]
  await Promise.all(
    TREES.map(async tree => {
      for (let item = left.shift(); item !== undefined && Date.now() < end; item = left.shift())
        await work(item, tree)
    }),
  )
}

/** What the program and the journeys are made of. */
function madeOf(): string {
  const listed = execFileSync('git', ['ls-files', '-z', ...MADE_OF], { cwd: ROOT, encoding: 'utf8' })
  const paths = listed.split('\0').filter(path => path !== '')
  return hash(paths.map(hashOf).join())
}

/**
 * Every journey without a mutant: what it runs, and how long it takes. Those that fail are named, and left out. Nothing is tried again
 * while all of it is as it was.
 */
async function tryJourneys(): Promise<Journey[]> {
  const made = madeOf()
  const before: { made: string; journeys: (Omit<Journey, 'covers'> & { covers: string[] })[] } | undefined =
    readJson(TRIED)
  const known = before?.made === made ? before.journeys : []
  const journeys = known.map((it): Journey => ({ ...it, covers: new Set(it.covers) }))
  const left = paths.filter(path => !known.some(it => it.path === path))
  await forEach(left, Number.POSITIVE_INFINITY, async (path, tree) => {
    const covered = join(tree, 'covered')
    let ran: Ran = { failed: 'not run', ms: 0 }
    writeFileSync(covered, '')
    for (let time = 0; time < 2 && ran.failed !== undefined; time++)
      ran = await runJourney(tree, path, 300_000)
    if (ran.failed === undefined)
      journeys.push({ ...ran, path, covers: new Set(readFileSync(covered, 'utf8').split('\n')) })
    else console.error(`${path} is left out, it fails without a mutant: ${ran.failed}`)
    rmSync(covered)
    const all = journeys.map(it => ({ ...it, covers: [...it.covers] }))
    writeFileSync(TRIED, JSON.stringify({ made, journeys: all }))
  })
  return journeys
}

async function judge(
  mutant: Mutant,
  tree: string,
  journeys: readonly Journey[],
  killers: Map<string, number>,
) {
  const covering = journeys.filter(({ covers }) => covers.has(mutant.id))
  const worth = ({ path, ms, covers }: Journey): number =>
    (1 + 10 * (killers.get(`${mutant.file} ${path}`) ?? 0)) / ms / covers.size
  const chosen = covering.sort((a, b) => worth(b) - worth(a)).slice(0, JOURNEYS_OF_A_MUTANT)
  const { id: _, ...known } = mutant
  const of = `${chosen.length} of ${covering.length} journeys`
  activate(tree, mutant.id)
  try {
    for (const { path, ms } of chosen) {
      const { failed } = await runJourney(tree, path, 30_000 + 3 * ms)
      if (failed === undefined) continue
      killers.set(`${mutant.file} ${path}`, (killers.get(`${mutant.file} ${path}`) ?? 0) + 1)
      return { ...known, status: 'killed', by: path, why: failed, hash: hashOf(path) } as const
    }
  } finally {
    activate(tree, '')
  }
  return { ...known, status: covering.length === 0 ? 'not run' : 'survived', why: of } as const
}

const [first = '', second = ''] = TREES
const mutants = await makeTree(first, files)
rmSync(second, { recursive: true, force: true })
cpSync(first, second, { recursive: true, verbatimSymlinks: true })
const kept: Record<string, Judged> = readJson(KEPT) ?? {}
const hashes = new Map(files.map(file => [file, hashOf(file)]))
const isKnown = (mutant: Mutant): boolean => {
  const before = kept[keyOf(mutant)]
  const isSame = before?.hashOfFile === hashes.get(mutant.file)
  return (
    before?.by !== undefined &&
    isSame &&
    existsSync(join(ROOT, before.by)) &&
    before.hash === hashOf(before.by)
  )
}

const all = mutants.sort((a, b) => keyOf(a).localeCompare(keyOf(b)))
const judged = new Map(all.filter(isKnown).map(mutant => [keyOf(mutant), kept[keyOf(mutant)] as Judged]))
const killers = new Map<string, number>()
for (const { file, by } of judged.values())
  killers.set(`${file} ${by}`, (killers.get(`${file} ${by}`) ?? 0) + 1)
const end = Date.now() + MINUTES * 60_000
const journeys = await tryJourneys()
const left = all.filter(mutant => !judged.has(keyOf(mutant)))
await forEach(left, end, async (mutant, tree) => {
  const found = await judge(mutant, tree, journeys, killers)
  console.error(`${found.status} ${mutant.file}:${mutant.line} ${mutant.mutator} (${found.why})`)
  judged.set(keyOf(mutant), { ...found, hashOfFile: hashes.get(mutant.file) ?? '' })
  writeFileSync(KEPT, JSON.stringify(Object.fromEntries(judged), undefined, 1))
})
console.log(`${judged.size} of ${all.length} mutants tried`)
const low = printReport([...judged.values()], 90)
if (low.length > 0) {
  console.error(`less than 90 of 100 are noticed in ${low.join(', ')}`)
  process.exitCode = 1
}
