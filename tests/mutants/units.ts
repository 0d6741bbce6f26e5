// Mutants of what is pure, and of the store, against the tests of units: Stryker, with a runner for tap. What a test starts as
// another program is no mutant, so that the tests that are made of it are left out.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Judged, printReport } from './report.js'
import { codeAt, EXCLUDED, type Place, ROOT } from './tree.js'

const KEPT = '.mutants/units.json'
const CONFIG = '.mutants/stryker.json'
const NOT_A_UNIT = /^tests\/(journeys|lab|bench|fuzz|support|mutants)\//
const SLOW_OR_NOT_OF_LIB =
  /(burst|browser|completion|env-template|layers|matches|readme|release|release-whole)\.test\.ts$/
const STARTS_A_PROGRAM =
  '/through the program|writers and takers at once|killed in mid-transaction|rollback journal/'

const under = (dir: string): string[] =>
  readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(dir, name))
    .sort()
const isUnit = (path: string): boolean =>
  path.startsWith('lib/store/') || readFileSync(join(ROOT, path), 'utf8').startsWith('// Pure:')
const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') && !NOT_A_UNIT.test(path) && !SLOW_OR_NOT_OF_LIB.test(path)

const config = {
  mutate: under('lib').filter(isUnit),
  mutator: { excludedMutations: EXCLUDED },
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: {
    testFiles: under('tests').filter(isTest),
    nodeArgs: ['-r', '{{hookFile}}', 'tests/mutants/entry.mjs', '{{testFile}}'],
    forceBail: true,
  },
  buildCommand: 'node tests/mutants/build.mjs',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: KEPT,
  tempDirName: '.mutants/sandbox',
  cleanTempDir: 'always',
  ignorePatterns: ['/.mutants', '/.tap', '/.lab', '/dist', '/tests/lab', '/tests/bench'],
  disableTypeChecks: false,
  allowConsoleColors: false,
  reporters: ['progress-append-only'],
}

interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string
        readonly mutants: readonly {
          readonly mutatorName: string
          readonly replacement: string
          readonly location: { readonly start: Place; readonly end: Place }
          readonly status: string
        }[]
      }
    >
  >
}

mkdirSync(join(ROOT, '.mutants'), { recursive: true })
writeFileSync(join(ROOT, CONFIG), JSON.stringify(config, undefined, 1))
execFileSync('node_modules/.bin/stryker', ['run', CONFIG], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, TAP_GREP: STARTS_A_PROGRAM, TAP_INVERT: '1' },
})
const { files }: Report = JSON.parse(readFileSync(join(ROOT, KEPT), 'utf8'))
const fromZero = ({ line, column }: Place): Place => ({ line: line - 1, column: column - 1 })
const judged = Object.entries(files).flatMap(([file, { source, mutants }]) =>
  mutants
    .filter(({ status }) => status !== 'Ignored')
    .map(({ mutatorName, replacement, location: { start, end }, status }): Judged => {
      const code = codeAt(source, { start: fromZero(start), end: fromZero(end) })
      const word = status === 'NoCoverage' ? 'not run' : status === 'Survived' ? 'survived' : 'killed'
      return { file, line: start.line, mutator: mutatorName, code, replacement, status: word }
    }),
)
const low = printReport(judged, 95)
if (low.length > 0) {
  console.error(`less than 95 of 100 are noticed in ${low.join(', ')}`)
  process.exitCode = 1
}
