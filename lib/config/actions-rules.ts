// Pure: ACTIONS_ALLOW, which says which jobs of GitHub Actions may upgrade which units: a rule a line.
import * as v from 'valibot'
import { parseUnit } from '../unit-name.js'
import type { Reach } from './tenants.js'

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

/** What is wrong with a line is never told by quoting it. */
function parseRule(line: string): ActionsRule | string {
  const [, repositoryId = '', ref = '', names = ''] = /^(\S*)\s*(\S*)\s*(.*)$/.exec(line) ?? []
  if (!/^[1-9][0-9]{0,18}$/.test(repositoryId)) return `${SUCH}: the id is no number`
  if (!/^refs\/[^\p{Cc}\p{Cf}]+$/u.test(ref)) return `${SUCH}: the ref does not begin with refs/`
  const units = names.split(/[\s,]+/).flatMap(name => (name === '' ? [] : [parseUnit(name)]))
  const known = units.filter(unit => unit !== undefined)
  if (known.length === 0 || known.length < units.length) return `${SUCH}: it has no unit, or one that is none`
  return { repositoryId, ref, units: known }
}

export const actionsRules = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const lines = dataset.value.split('\n').map(line => line.trim())
    const parsed = lines.map(line => (line === '' ? [] : parseRule(line)))
    const wrong = parsed.flatMap((rule, index) =>
      typeof rule === 'string' ? [`line ${index + 1} ${rule}`] : [],
    )
    for (const message of wrong) addIssue({ message })
    return wrong.length > 0 ? NEVER : (parsed.flat() as ActionsRule[])
  }),
)
