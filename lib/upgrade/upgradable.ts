// Pure: whether a unit is upgraded at all, and whether an image is known not to run well in it.

import { isUp } from '../active-state.js'
import type { Container } from '../host/podman.js'
import type { UnitState } from '../host/unit-state.js'
import { type End, type ImageState, keyOf } from '../store/report.js'
import { parseImage } from '../targets/image.js'
import type { UnitSnapshot } from './inspect.js'
import type { Run } from './run.js'

/** What cannot be upgraded at all, with the reason. */
export function notUpgradable({ image, state, generated, pin, isElsewhere }: UnitSnapshot): End | undefined {
  if (state.LoadState === 'masked') return { outcome: 'skipped', why: 'the unit is masked' }
  if (state.LoadState !== 'loaded')
    return { outcome: 'failed', why: `the unit is not loaded (LoadState=${state.LoadState})` }
  if (generated === undefined && /\.(container|kube|pod)$/.test(state.SourcePath)) {
    const why = `podman's generator makes nothing of ${state.SourcePath} any more: pod-upgrade-trigger doctor`
    return { outcome: 'failed', why }
  }
  if (isElsewhere) {
    const why = 'its container is in another storage (User=, --root): what is pulled here would not be run'
    return { outcome: 'failed', why }
  }
  if (typeof pin === 'object' && pin.hold !== undefined)
    return { outcome: 'skipped', why: `it is held: ${pin.hold}; pod-upgrade-trigger release ends that` }
  const reference = parseImage(image)
  if (reference === undefined) return { outcome: 'failed', why: `${image} is not an image reference` }
  if (reference.digest !== undefined) {
    return { outcome: 'skipped', why: 'the image is pinned by its digest: change Image= to upgrade' }
  }
  return undefined
}

/** When a unit gets a new image: by a restart now, at its next start, or not at all. */
export type Moment = 'now' | 'next start' | End

/**
 * When a unit that is meant to end runs is not ours to choose, nor when one does that something else starts: a migration is not
 * run twice. `wasStopped`: somebody asked for its end, whatever its exit status was.
 */
export function momentOf(
  { state, containers }: Pick<UnitSnapshot, 'state' | 'containers'>,
  wasStopped: boolean | undefined,
  force: boolean,
): Moment {
  if (isJob(state, containers)) return 'next start'
  if (force || isUp(state.ActiveState)) return 'now'
  if (state.ActiveState === 'failed' && !wasStopped) return 'now'
  const idles = /\.socket\b/.test(state.TriggeredBy)
  if (idles || wasStopped === false) return 'next start'
  return { outcome: 'skipped', why: 'the unit is stopped; --force starts it' }
}

/** One that has ended and stays active may have left containers that run: `podman-compose up -d`. */
function isJob(state: UnitState, containers: readonly Container[]): boolean {
  if (/\.(timer|path)\b/.test(state.TriggeredBy)) return true
  const isMeantToEnd = state.Type === 'oneshot' || state.RemainAfterExit === 'yes'
  const hasLeft = state.SubState === 'exited' && containers.some(one => one.state === 'running')
  return isMeantToEnd && !hasLeft
}

export const isRunning = (
  { state, container, others }: UnitSnapshot,
  { id, others: wanted = [] }: ImageState,
): boolean =>
  state.ActiveState === 'active' &&
  container?.imageId === id &&
  wanted.every(([reference, id]) => others.some(([name, runs]) => name === reference && runs === id))

/** Why the image is known not to run well in this unit: it was rolled back, or it died some time after the upgrade to it. */
export function whyBad(
  { badImages, lastUpdate }: Pick<Run, 'badImages' | 'lastUpdate'>,
  { state }: UnitSnapshot,
  pulled: ImageState,
): string | undefined {
  const known = badImages.get(keyOf(pulled))
  if (known !== undefined) return `known bad: ${known}`
  const died = lastUpdate?.newId === pulled.id && state.ActiveState === 'failed'
  return died
    ? `it died after the upgrade of task ${lastUpdate.taskId} (${state.Result || 'no result'})`
    : undefined
}

/** What is in the way of a restart, each in words: of systemd's, another platform, no way back. */
interface Hindrances {
  readonly refused: string | undefined
  readonly other: string | undefined
  readonly trouble: string | undefined
}

/** How it ends for a unit that is left as it is; undefined where nothing is in the way. */
export function whyLeft({ refused, other, trouble }: Hindrances): End | undefined {
  if (refused !== undefined) return { outcome: 'skipped', why: `a restart would leave it down: ${refused}` }
  if (other !== undefined) return { outcome: 'failed', why: other }
  if (trouble === undefined) return undefined
  const why = `there is no way back: ${trouble}; WEBHOOK_WITHOUT_WAY_BACK=allow upgrades it`
  return { outcome: 'skipped', why }
}
