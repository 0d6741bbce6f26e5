// A copy of the project whose program has every mutant of some files in it, none of them active. Which one is, it reads in the file
// `active` beside it each time it starts, however it is started; and where there is a file `covered`, it adds to it what it runs.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Instrumenter } from '@stryker-mutator/instrumenter'

export const ROOT = join(import.meta.dirname, '../..')
/** Texts are for persons: most are not what a test is about. */
export const EXCLUDED = ['StringLiteral']
const ENTRY = 'bin/pod-upgrade-trigger.cjs'
const FIRST = `{ const { appendFileSync, existsSync, readFileSync } = require('node:fs')
const at = name => require('node:path').join(__dirname, '..', name)
const add = (ids, id, n) => { if (!(id in ids)) appendFileSync(at('covered'), id + '\\n'); ids[id] = n; return true }
const ids = existsSync(at('covered')) ? new Proxy({}, { set: add }) : {}
globalThis.__stryker__ = { activeMutant: readFileSync(at('active'), 'utf8'), mutantCoverage: { static: ids, perTest: {} } } }
`

export interface Mutant {
  readonly id: string
  readonly file: string
  readonly line: number
  readonly mutator: string
  /** The code in place of which there is `replacement`. */
  readonly code: string
  readonly replacement: string
}

/** Makes it anew in `dir`, and gives the mutants. */
export async function makeTree(dir: string, files: readonly string[]): Promise<Mutant[]> {
  rmSync(dir, { recursive: true, force: true })
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).split('\0')
  for (const path of listed.filter(path => path !== '')) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(dir, path))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  const { files: instrumented, mutants } = await instrument(files)
  for (const { name, content } of instrumented) writeFileSync(join(dir, name), content)
  for (const script of ['bin/build.mjs', 'tests/mutants/build.mjs'])
    execFileSync(process.execPath, [script], { cwd: dir, stdio: 'inherit' })
  const program = readFileSync(join(dir, ENTRY), 'utf8')
  writeFileSync(join(dir, ENTRY), FIRST + program)
  activate(dir, '')
  return mutants
}

/** None, where there is no id. */
export const activate = (dir: string, id: string): void => writeFileSync(join(dir, 'active'), id)

async function instrument(paths: readonly string[]) {
  const files = paths.map(name => ({ name, mutate: true, content: readFileSync(join(ROOT, name), 'utf8') }))
  const quiet = new Proxy({}, { get: () => () => false })
  const options = { plugins: null, excludedMutations: EXCLUDED, ignorers: [] }
  const found = await new Instrumenter(quiet as never).instrument(files, options)
  const wanted = found.mutants.filter(({ status }) => status === undefined) // those that are excluded are told too
  const mutants = wanted.map(({ id, fileName, location, mutatorName, replacement }): Mutant => {
    const code = codeAt(readFileSync(join(ROOT, fileName), 'utf8'), location)
    return { id, file: fileName, line: location.start.line + 1, mutator: mutatorName, code, replacement }
  })
  return { files: found.files, mutants }
}

export interface Place {
  readonly line: number
  readonly column: number
}

/** Lines and columns from 0. */
export function codeAt(text: string, { start, end }: { readonly start: Place; readonly end: Place }): string {
  const lines = text.split('\n').slice(start.line, end.line + 1)
  const last = lines.length - 1
  lines[last] = (lines[last] ?? '').slice(0, end.column)
  lines[0] = (lines[0] ?? '').slice(start.column)
  return lines.join('\n')
}
