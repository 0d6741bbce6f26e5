// Pure: whether a restarted unit is what it should be. One look at it gives one of four verdicts; the watch repeats the look:
//
//   look                                                    verdict
//   restarted by systemd or podman, or unhealthy            bad, at once
//   failed or inactive, and no job is about to change it    bad, at once
//   restarted by a person, or with another unit             restarted: nothing is wrong with it; the watch begins again
//   active, the container runs another image                bad, at once: the unit does not use the reference we pulled
//   active, right image, healthy                            good, at once
//   active, right image, no health check                    good, once it has been so for settleMs
//   active, still the container from before the restart     as above, once it has been so for settleMs (right image) or
//                                                           healthTimeoutMs (another): podman shows it as it was until
//                                                           a unit's own `podman run --replace` takes it away
//   anything else (activating, health starting, no row)     wait; bad, once healthTimeoutMs are over, or what the
//                                                           container's own health check allows, where that is more

import { isUp } from '../active-state.js'
import { MAX_HEALTH_CHECK_MS } from '../config/time-limits.js'
import type { Container } from '../host/podman.js'
import type { UnitState } from '../host/unit-state.js'
import type { ImageState } from '../store/report.js'
import type { UnitSnapshot } from './inspect.js'

export interface Observation {
  readonly unit: UnitState
  /** The unit's own container, where there is one. */
  readonly container: Container | undefined
  /** How often podman has restarted any container that the unit has since its restart. */
  readonly podmanRestarts: number
  /** Since the restart, ms. */
  readonly elapsedMs: number
  /** For how long this container has been seen to run, ms: a unit may be active long before its container is there. */
  readonly steadyMs: number
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
  | { readonly kind: 'good' | 'wait' | 'restarted' }
  | { readonly kind: 'bad'; readonly why: string }

const bad = (why: string): Verdict => ({ kind: 'bad', why })

export function judge(
  { unit, container, podmanRestarts, elapsedMs, steadyMs, healthCheckMs }: Observation,
  expected: Expected,
): Verdict {
  const { ActiveState: state } = unit
  if ((state === 'failed' || state === 'inactive') && unit.Job === '')
    return bad(`the unit is ${state} (${unit.Result || 'no result'})`)
  if (unit.NRestarts !== expected.restarts || unit.SubState.startsWith('auto-restart')) {
    return bad('the container died and systemd restarted it')
  }
  if (podmanRestarts > 0) return bad('the container died and podman restarted it')
  if (unit.InvocationID !== expected.invocationId) return { kind: 'restarted' }
  const right = container?.imageId === expected.imageId
  const lingers = container !== undefined && container.id === expected.before
  const doubtMs = lingers ? (right ? expected.settleMs : expected.healthTimeoutMs) : 0
  if (state === 'active' && container?.state === 'running' && elapsedMs >= doubtMs) {
    if (!right) return bad(`the container runs another image, ${container.imageId.slice(0, 12)}`)
    if (container.health === 'unhealthy') return bad('the health check fails')
    if (container.health === 'healthy') return { kind: 'good' }
    if (container.health === '' && steadyMs >= expected.settleMs) return { kind: 'good' }
  }
  if (elapsedMs < limitMs({ unit, container, steadyMs, elapsedMs, healthCheckMs }, expected))
    return { kind: 'wait' }
  const health = container?.health ? `, its health ${container.health}` : ''
  return bad(
    `after ${Math.round(elapsedMs / 1000)} s the unit is ${state}${health}${container ? '' : ', without a container'}`,
  )
}

/** How long a unit may stay undecided: a container that has to stay up is given settleMs, one with a check of its own that. */
function limitMs(
  { unit, container, steadyMs, elapsedMs, healthCheckMs }: Omit<Observation, 'podmanRestarts'>,
  { settleMs, healthTimeoutMs }: Expected,
): number {
  if (unit.ActiveState !== 'active' || container?.state !== 'running') return healthTimeoutMs
  return Math.max(
    healthTimeoutMs,
    container.health === '' ? elapsedMs - steadyMs + settleMs : Math.min(healthCheckMs, MAX_HEALTH_CHECK_MS),
  )
}

/**
 * Some minutes after an upgrade that ended well: what has become of the unit, as a reason; undefined where nothing has, or where it
 * is not this upgrade's doing any more. NRestarts counts what systemd did by itself since the unit was last started by anybody; a
 * container that podman restarts keeps count of that too.
 */
export function judgeLater(
  { state, container, containers }: Pick<UnitSnapshot, 'state' | 'container' | 'containers'>,
  upgraded: ImageState,
  wasStopped: boolean | undefined,
): string | undefined {
  if (container !== undefined && container.imageId !== upgraded.id) return undefined
  if (!isUp(state.ActiveState)) {
    // Where the journal does not tell, what ended well has been stopped.
    const isDead = wasStopped === false || (wasStopped === undefined && state.ActiveState === 'failed')
    return isDead ? `the unit is ${state.ActiveState} (${state.Result || 'no result'})` : undefined
  }
  if (Number(state.NRestarts) > 0) return 'the container died and systemd restarted it'
  if (containers.some(({ restarts }) => restarts > 0)) return 'the container died and podman restarted it'
  return container?.health === 'unhealthy' ? 'the health check fails' : undefined
}
