// Pure: what GitHub Actions may do here, and whether its tokens can be judged.
import type { ActionsRule } from '../../config/actions-rules.js'
import { type CheckResult, ok, warning } from './finding.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** `fetchedMs` is when GitHub's keys were fetched, undefined where they never were. */
export function judgeActions(
  rules: readonly ActionsRule[],
  fetchedMs: number | undefined,
  nowMs: number,
): CheckResult {
  const told = rules.map(({ repositoryId, ref, units }) => `${repositoryId} ${ref}: ${units.join(', ')}`)
  const may = `may upgrade: ${told.join('; ')}`
  const fix = 'pod-upgrade-trigger --all fetches them, and says in the journal what is in the way'
  if (fetchedMs === undefined)
    return warning(`${may}; GitHub's keys are not here yet, so every token is answered 401`, fix)
  const hours = Math.floor((nowMs - fetchedMs) / HOUR_MS)
  const age = `GitHub's keys are ${hours} h old`
  // The timer's run fetches them every few hours.
  return nowMs - fetchedMs > DAY_MS ? warning(`${may}; ${age}`, fix) : ok(`${may}; ${age}`)
}
