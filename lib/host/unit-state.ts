// What the service manager says of units: the state of one, and who goes down with it.
import { isUp } from '../active-state.js'
import type { Config } from '../config/config.js'
import { type Argv, execShortStdout, QUICK_MS } from './exec.js'
import { systemctlArgv } from './systemd.js'

type Scope = Config['scope']

/** Job is empty unless something is about to happen to the unit. */
const SHOWN = [
  ...(['LoadState', 'ActiveState', 'SubState', 'Result', 'InvocationID', 'NRestarts', 'Job'] as const),
  ...(['Type', 'RemainAfterExit', 'TriggeredBy', 'SourcePath', 'ControlGroup'] as const),
] as const
export type UnitState = Readonly<Record<(typeof SHOWN)[number], string>>

export const showArgv = (scope: Scope, ...units: readonly string[]): Argv =>
  systemctlArgv(scope, 'show', `--property=${SHOWN.join(',')}`, '--', ...units)

/** `Name=value` lines. A property that is there several times (Listen) is one text with a line for each. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const before = found.get(name)
    found.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  return found
}

/** A property that is not there is an empty text, as `systemctl show` has it. */
export function parseShow(text: string): UnitState {
  const found = parseProperties(text)
  return Object.fromEntries(SHOWN.map(name => [name, found.get(name) ?? ''])) as UnitState
}

export async function show(scope: Scope, unit: string): Promise<UnitState> {
  return parseShow(await execShortStdout(showArgv(scope, unit), QUICK_MS))
}

/** The same of several, which are asked for at once. Throws CommandFailed. */
export async function showAll(scope: Scope, units: readonly string[]): Promise<(unit: string) => UnitState> {
  // Without a unit systemctl would speak of the manager itself.
  const text = units.length === 0 ? '' : await execShortStdout(showArgv(scope, ...units), QUICK_MS)
  const blocks = blocksOf(text)
  return unit => parseShow(blocks[units.indexOf(unit)] ?? '')
}

/** What `show` prints of each of several units, between which there is an empty line. */
const blocksOf = (text: string): string[] => text.trim().split('\n\n')

/** The other ends of Requires=, BindsTo= and Requisite= (systemd.unit(5)). Wants= and PartOf= leave nothing down. */
const NEEDED_BY = ['RequiredBy', 'BoundBy', 'RequisiteOf']

export const dependentsArgv = (scope: Scope, units: readonly string[]): Argv =>
  systemctlArgv(scope, 'show', `--property=Id,ActiveState,${NEEDED_BY.join(',')}`, '--', ...units)

export interface Needed {
  readonly unit: string
  readonly up: boolean
  readonly neededBy: readonly string[]
}

/** A list is separated by spaces. */
export function parseDependents(text: string): Needed[] {
  return blocksOf(text)
    .map(parseProperties)
    .map(block => ({
      unit: block.get('Id') ?? '',
      up: isUp(block.get('ActiveState') ?? ''),
      neededBy: NEEDED_BY.flatMap(name => (block.get(name) ?? '').split(' ')).filter(unit => unit !== ''),
    }))
}

/** Those that go down with one of `units`, by however many steps. Throws CommandFailed. */
export async function dependentsOf(scope: Scope, units: readonly string[]): Promise<readonly Needed[]> {
  const known = new Set(units)
  const found: Needed[] = []
  let next = [...known]
  while (next.length > 0) {
    const read = parseDependents(await execShortStdout(dependentsArgv(scope, next), QUICK_MS))
    found.push(...read.filter(({ unit }) => !units.includes(unit)))
    next = [...new Set(read.flatMap(({ neededBy }) => neededBy))].filter(unit => !known.has(unit))
    for (const unit of next) known.add(unit)
  }
  return found
}
