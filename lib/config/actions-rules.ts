// Pure: ACTIONS_ALLOW, which says which jobs of GitHub Actions may upgrade which units: a rule a line.
import { no, type Result, valid } from '../result.js'
import { parseUnit } from '../unit-name.js'
import type { Reach } from './tenants.js'
import { linesOf } from './values.js'

/** Jobs of this repository on this ref may upgrade these units. */
export interface ActionsRule {
  /** A number, as the text that tokens have: a name can be given to somebody else, and this cannot. */
  readonly repositoryId: string
  readonly ref: string
  readonly units: readonly string[]
}

const NAME = 'actions:' // no tenant has such a name

/** Whether this is the name of the jobs of a repository. */
export const isOfActions = (name: string | undefined): boolean => name?.startsWith(NAME) === true

/** What the jobs of a repository reach by some of its rules; undefined where it has none. */
export function reachOfRules(rules: readonly ActionsRule[]): Reach | undefined {
  const [rule] = rules
  const units = [...new Set(rules.flatMap(each => each.units))]
  return rule && { tenant: NAME + rule.repositoryId, units }
}

/** What the jobs of that name reach, whatever ref they run on; undefined where it is not the name of any. */
export const reachOfActions = (rules: readonly ActionsRule[], name: string | undefined): Reach | undefined =>
  reachOfRules(rules.filter(({ repositoryId }) => NAME + repositoryId === name))

const SUCH = 'must be REPOSITORY_ID REF UNIT…, such as 1296269 refs/heads/main web'

function parseRule(line: string): Result<ActionsRule> {
  const [, repositoryId = '', ref = '', names = ''] = /^(\S*)\s*(\S*)\s*(.*)$/.exec(line) ?? []
  if (!/^[1-9][0-9]{0,18}$/.test(repositoryId)) return no(`${SUCH}: the id is no number`)
  if (!/^refs\/[^\p{Cc}\p{Cf}]+$/u.test(ref)) return no(`${SUCH}: the ref does not begin with refs/`)
  const units = names.split(/[\s,]+/).flatMap(name => (name === '' ? [] : [parseUnit(name)]))
  const known = units.filter(unit => unit !== undefined)
  if (known.length === 0 || known.length < units.length)
    return no(`${SUCH}: it has no unit, or one that is none`)
  return valid({ repositoryId, ref, units: known })
}

export const actionsRules = linesOf(parseRule)
