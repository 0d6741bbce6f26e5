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
//   anything else (activating, health starting, no row)     wait; bad, once healthTimeoutMs are over
import type { Container } from './podman.js'
import type { UnitState } from './unit-state.js'

export interface Look {
  readonly unit: UnitState
  /** The unit's own container, where there is one. */
  readonly container: Container | undefined
  /** Since the restart, ms. */
  readonly elapsedMs: number
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

export function judge({ unit, container, elapsedMs }: Look, expected: Expected): Verdict {
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
  // A container that has to stay up for settleMs is given them, however short the time to get healthy is.
  const settling = container?.health === '' && state === 'active'
  const limitMs = settling ? Math.max(expected.healthTimeoutMs, expected.settleMs) : expected.healthTimeoutMs
  if (elapsedMs < limitMs) return { kind: 'wait' }
  const health = container?.health ? `, its health ${container.health}` : ''
  return bad(
    `after ${Math.round(elapsedMs / 1000)} s the unit is ${state}${health}${container ? '' : ', without a container'}`,
  )
}
