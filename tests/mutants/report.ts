// What came of the mutants: a line for each room, and those that nothing noticed, by file. The reasons of those that are known are in
// known.json, which has for each file [the code, what it becomes, why]: an equivalent one is no other program. Where `why` begins
// with "left: " it is one, and is counted against us.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Mutant } from './tree.js'

export interface Judged extends Omit<Mutant, 'id'> {
  readonly status: 'killed' | 'survived' | 'not run'
  readonly why?: string
  /** The journey that has killed it, what that was, and what its file was. */
  readonly by?: string
  readonly hash?: string
  readonly hashOfFile?: string
}

type Known = Readonly<Record<string, readonly (readonly [code: string, becomes: string, why: string])[]>>
const KNOWN: Known = JSON.parse(readFileSync(join(import.meta.dirname, 'known.json'), 'utf8'))
const LEFT = 'left: '

/** On one line, and no longer than a person reads. */
const short = (code: string): string => {
  const line = code.replace(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}
const roomOf = (file: string): string => dirname(file).split('/').slice(0, 2).join('/')

const whyKnown = ({ file, code, replacement }: Judged): string | undefined =>
  KNOWN[file]?.find(([from, to]) => from === short(code) && to === short(replacement))?.[2]

const isEquivalent = (mutant: Judged): boolean => whyKnown(mutant)?.startsWith(LEFT) === false

/** Gives the rooms that have a lower score than `least` of 100. */
export function printReport(all: readonly Judged[], least: number): string[] {
  const alive = all.filter(({ status }) => status !== 'killed')
  const inOrder = [...alive].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
  for (const file of new Set(inOrder.map(it => it.file))) {
    const open = inOrder.filter(it => it.file === file && !isEquivalent(it))
    if (open.length > 0) console.log(`\n${file}`)
    for (const it of open) {
      console.log(`  ${it.line} ${it.status}: ${JSON.stringify([short(it.code), short(it.replacement)])}`)
      console.log(`    ${whyKnown(it) ?? `${it.mutator}: why is not known`}`)
    }
  }
  for (const [file, known] of Object.entries(KNOWN)) {
    const mutants = all.filter(it => it.file === file)
    const stale = known.filter(
      ([from, to]) => !mutants.some(it => from === short(it.code) && to === short(it.replacement)),
    )
    if (mutants.length > 0)
      for (const row of stale) console.log(`known.json has a mutant that is none: ${file} ${row.slice(0, 2)}`)
  }
  console.log('\nroom                   mutants  killed  equivalent  left  score')
  const rooms = [...new Set(all.map(({ file }) => roomOf(file)))].sort()
  return rooms.filter(room => {
    const own = all.filter(({ file }) => roomOf(file) === room)
    const killed = own.filter(({ status }) => status === 'killed').length
    const equivalent = own.filter(it => it.status !== 'killed' && isEquivalent(it)).length
    const score = (100 * killed) / Math.max(own.length - equivalent, 1)
    const cells = [own.length, killed, equivalent, own.length - killed - equivalent, score.toFixed(1)]
    const widths = [9, 8, 12, 6, 7]
    console.log(
      room.padEnd(21) + cells.map((cell, index) => String(cell).padStart(widths[index] ?? 0)).join(''),
    )
    return score < least
  })
}
