// Pure: whether a restarted unit is what it should be. One look at it gives one of four verdicts; the watch repeats the look:
//
//   look                                                    verdict
//   restarted by systemd or podman, or unhealthy            bad, at once
//   failed or inactive, and no job is about to change it    bad, at once
//   restarted by a person, or with another unit             restarted: nothing is wrong with it; the watch begins again
//   active, the container runs another image                bad, at once: the unit does not use the reference we pulled
//   a container beside it has ended or is unhealthy         bad, at once
//   active, right image, healthy                            good, at once, with those beside it
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
  /** Its other containers that were made since the restart. */
  readonly others: readonly Container[]
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
  /** The image ids of its other containers. */
  readonly others: readonly string[]
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
  { unit, container, others, podmanRestarts, elapsedMs, steadyMs, healthCheckMs }: Observation,
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
  const beside = judgeOthers(others, expected.others)
  const lingers = container !== undefined && container.id === expected.before
  const doubtMs = lingers ? (right ? expected.settleMs : expected.healthTimeoutMs) : 0
  if (state === 'active' && container?.state === 'running' && elapsedMs >= doubtMs) {
    if (!right) return bad(`the container runs another image, ${container.imageId.slice(0, 12)}`)
    if (container.health === 'unhealthy') return bad('the health check fails')
    if (beside.kind === 'bad') return beside
    const isWell =
      container.health === 'healthy' || (container.health === '' && steadyMs >= expected.settleMs)
    if (isWell && beside.kind === 'good') return beside
  }
  if (elapsedMs < limitMs({ unit, container, steadyMs, elapsedMs, healthCheckMs }, expected))
    return { kind: 'wait' }
  const health = container?.health ? `, its health ${container.health}` : ''
  const less =
    container === undefined
      ? ', without a container'
      : beside.kind === 'wait'
        ? ', without all of its containers'
        : ''
  return bad(`after ${Math.round(elapsedMs / 1000)} s the unit is ${state}${health}${less}`)
}

/** The containers beside the one that the unit is for; they have as long as that to be there. */
function judgeOthers(others: readonly Container[], wanted: readonly string[]): Verdict {
  const verdicts = wanted.map((id): Verdict => {
    const found = others.filter(({ imageId }) => imageId === id)
    const running = found.find(({ state }) => state === 'running')
    if (running?.health === 'unhealthy') return bad(`the health check of ${running.name} fails`)
    const ended = found.find(({ state }) => state === 'exited')
    if (running === undefined && ended !== undefined) return bad(`${ended.name} has ended`)
    return { kind: running === undefined || running.health === 'starting' ? 'wait' : 'good' }
  })
  return (
    verdicts.find(({ kind }) => kind === 'bad') ??
    verdicts.find(({ kind }) => kind === 'wait') ?? { kind: 'good' }
  )
}

/** How long a unit may stay undecided: a container that has to stay up is given settleMs, one with a check of its own that. */
function limitMs(
  { unit, container, steadyMs, elapsedMs, healthCheckMs }: Omit<Observation, 'others' | 'podmanRestarts'>,
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
  const ill = containers.find(({ health }) => health === 'unhealthy')
  if (ill === undefined) return undefined
  return ill === container ? 'the health check fails' : `the health check of ${ill.name} fails`
}
