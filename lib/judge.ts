// Whether a restarted unit is what it should be. One look at it gives one of four verdicts; the watch repeats the look:
//
//   look                                                    verdict
//   restarted by itself, or unhealthy                       bad, at once
//   failed or inactive, and no job is about to change it    bad, at once
//   restarted by a person, or with another unit             anew: nothing is wrong with it; the watch begins again
//   active, the container runs another image                bad, at once: the unit does not use the reference we pulled
//   active, right image, healthy                            good, at once
//   active, right image, no health check                    good, once it has been so for settleMs
//   active, still the container from before the restart     as above, once it has been so for settleMs (right image) or
//                                                           healthTimeoutMs (another): podman shows it as it was until
//                                                           a unit's own `podman run --replace` takes it away
//   anything else (activating, health starting, no row)     wait; bad, once healthTimeoutMs are over, or what the
//                                                           container's own health check allows, where that is more
import type { Container } from './podman.js'
import type { UnitState } from './unit-state.js'

/** The longest that a health check is waited for, where it is longer than healthTimeoutMs. */
export const MAX_CHECK_MS = 600_000

export interface Look {
  readonly unit: UnitState
  /** The unit's own container, where there is one. */
  readonly container: Container | undefined
  /** Since the restart, ms. */
  readonly elapsedMs: number
  /** How long the container's own health check may take to say `unhealthy`, ms; 0 where that is not known. */
  readonly healthCheckMs: number
}

export interface Expected {
  readonly imageId: string
  /** The id of the container that ran before the restart; undefined where there was none, or no restart. */
  readonly before: string | undefined
  /** As they were when the watch began. */
  readonly invocationId: string
  readonly restarts: string
  readonly settleMs: number
  readonly healthTimeoutMs: number
}

export type Verdict =
  | { readonly kind: 'good' | 'wait' | 'anew' }
  | { readonly kind: 'bad'; readonly why: string }

const bad = (why: string): Verdict => ({ kind: 'bad', why })

export function judge({ unit, container, elapsedMs, healthCheckMs }: Look, expected: Expected): Verdict {
  const { ActiveState: state } = unit
  if ((state === 'failed' || state === 'inactive') && unit.Job === '')
    return bad(`the unit is ${state} (${unit.Result || 'no result'})`)
  if (unit.NRestarts !== expected.restarts || unit.SubState.startsWith('auto-restart')) {
    return bad('the container died and systemd restarted it')
  }
  if (unit.InvocationID !== expected.invocationId) return { kind: 'anew' }
  const right = container?.imageId === expected.imageId
  const lingers = container !== undefined && container.id === expected.before
  const doubtMs = lingers ? (right ? expected.settleMs : expected.healthTimeoutMs) : 0
  if (state === 'active' && container?.state === 'running' && elapsedMs >= doubtMs) {
    if (!right) return bad(`the container runs another image, ${container.imageId.slice(0, 12)}`)
    if (container.health === 'unhealthy') return bad('the health check fails')
    if (container.health === 'healthy') return { kind: 'good' }
    if (container.health === '' && elapsedMs >= expected.settleMs) return { kind: 'good' }
  }
  if (elapsedMs < limitMs({ unit, container, healthCheckMs }, expected)) return { kind: 'wait' }
  const health = container?.health ? `, its health ${container.health}` : ''
  return bad(
    `after ${Math.round(elapsedMs / 1000)} s the unit is ${state}${health}${container ? '' : ', without a container'}`,
  )
}

/** How long a unit may stay undecided: a container that has to stay up is given settleMs, one with a check of its own that. */
function limitMs(
  { unit, container, healthCheckMs }: Omit<Look, 'elapsedMs'>,
  { settleMs, healthTimeoutMs }: Expected,
): number {
  if (unit.ActiveState !== 'active' || container === undefined) return healthTimeoutMs
  return Math.max(healthTimeoutMs, container.health === '' ? settleMs : Math.min(healthCheckMs, MAX_CHECK_MS))
}
