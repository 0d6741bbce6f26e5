// Whether systemd would start a unit again that it is about to stop: RefuseManualStart=, and the unit's conditions, which hold
// only for the moment of a start. `systemctl restart` says nothing of an unmet condition: the unit is just down.
import * as v from 'valibot'
import type { Config } from '../config/config.js'
import { type Argv, execShort, execShortStdout, QUICK_MS, understand } from './exec.js'
import { propertiesArgv } from './unit-commands.js'

type Scope = Config['scope']

export const restartableArgv = (scope: Scope, unit: string): Argv =>
  propertiesArgv(scope, unit, 'Unit', ['CanStart', 'CanStop', 'Conditions', 'Asserts'])

/** Type, `|` (triggering), `!` (negated), what it is about, and how it was at the last start. */
const Condition = v.looseTuple([v.string(), v.boolean(), v.boolean(), v.string()])
const Properties = v.tuple([
  v.object({ data: v.boolean() }),
  v.object({ data: v.boolean() }),
  v.object({ data: v.array(Condition) }),
  v.object({ data: v.array(Condition) }),
])

export interface Restartable {
  readonly isAllowed: boolean
  /** As they are written in the unit file. */
  readonly conditions: readonly string[]
}

/** A line of JSON for each property. Throws where it is none. */
export function parseRestartable(text: string): Restartable {
  const lines = text.trim().split('\n')
  const [canStart, canStop, conditions, asserts] = v.parse(
    Properties,
    lines.map(line => JSON.parse(line)),
  )
  return {
    isAllowed: canStart.data && canStop.data,
    conditions: [...conditions.data, ...asserts.data].map(
      ([type, triggers, negated, about]) => `${type}=${triggers ? '|' : ''}${negated ? '!' : ''}${about}`,
    ),
  }
}

/** systemd-analyze(1). Its exit status is 1 where they are not met; what it cannot read is not known to be unmet. */
export const conditionArgv = (conditions: readonly string[]): Argv => [
  'systemd-analyze',
  'condition',
  ...conditions,
]

/** Why systemd would not start the unit again, or undefined. Throws CommandFailed. */
export async function whyNotRestartable(scope: Scope, unit: string): Promise<string | undefined> {
  const argv = restartableArgv(scope, unit)
  const text = await execShortStdout(argv, QUICK_MS)
  const { isAllowed, conditions } = understand(argv, () => parseRestartable(text))
  if (!isAllowed) return `${unit} has RefuseManualStart= or RefuseManualStop=`
  if (conditions.length === 0) return undefined
  const { code, stdout, stderr } = await execShort(conditionArgv(conditions), QUICK_MS)
  const failed = conditions.find(condition => `${stdout}\n${stderr}`.includes(`${condition} failed`))
  return code === 0 || failed === undefined ? undefined : `${unit} has ${failed}, which is not met now`
}
