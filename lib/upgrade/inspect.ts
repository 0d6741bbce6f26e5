// What a unit is and runs before it is upgraded. Found out while no job is about to change the unit: in the middle of a restart
// neither the container is there, nor what it says of its pod, and the unit looks like one that a person has stopped.
import { setTimeout as sleep } from 'node:timers/promises'
import { isUp } from '../active-state.js'
import { preloadExeca } from '../host/exec.js'
import { type Container, containers } from '../host/podman.js'
import { localImage, localImages } from '../host/podman-images.js'
import { findGenerated, type GeneratedUnit, generatedUnits } from '../host/quadlet.js'
import { monitoredBy } from '../host/unit-processes.js'
import { show, type UnitState } from '../host/unit-state.js'
import type { ImageState, Named } from '../store/report.js'
import { canonicalImage } from '../targets/image.js'
import { type Pin, readPin } from '../targets/pin.js'
import { isToldByPin, referenceOf } from '../targets/reference.js'
import { chooseContainers, mainContainer, restartUnitOf } from '../targets/unit-containers.js'
import { imageState, type NameOf, othersOf, withLocalOthers } from '../targets/unit-images.js'
import type { Run } from './run.js'
import { pinnedReference, rollbackReference } from './way-back/kept-images.js'
import { type Destination, foresee, type WayBack } from './way-back/way-back.js'

const POLL_MS = 500

/** As much of a run as one look at its unit takes. */
interface Inspected {
  readonly config: Run['config']
  readonly task: Pick<Run['task'], 'unit' | 'image'>
}
export type Inspection = Inspected & Pick<Run, 'signal'>

export interface UnitSnapshot {
  readonly state: UnitState
  readonly container: Container | undefined
  /** All containers of the unit; those of a .kube unit are several. */
  readonly containers: readonly Container[]
  /** The reference it follows now: the task was queued before, and somebody may have edited the unit meanwhile. */
  readonly image: string
  /** What the unit's other containers follow and run now. */
  readonly others: readonly Named[]
  /** What the references named on this host before anything was pulled. */
  readonly local: ImageState | undefined
  /** It runs containers that are not in the storage which podman shows us. */
  readonly isElsewhere: boolean
  /** What to restart for it. */
  readonly restartUnit: string
  /** What ran before the last upgrade. */
  readonly previous: ImageState | undefined
  /** What the unit ran when it was pinned. */
  readonly pinned: ImageState | undefined
  /** What keeps it on an image now. */
  readonly pin: Pin | 'broken' | undefined
  /** Its quadlet, where it has one. */
  readonly generated: GeneratedUnit | undefined
  /** How the unit's command line spells the image, where that is another way. */
  readonly word?: string
}

/**
 * Waits while a job is about to change the unit, and while one that is active has no container yet; after healthTimeoutMs and
 * settleMs it is taken for what it is by then.
 */
export async function inspectUnit(run: Inspection): Promise<UnitSnapshot> {
  const began = performance.now()
  for (;;) {
    const snapshot = await inspectOnce(run)
    if (performance.now() - began >= patienceMs(run.config, snapshot)) return snapshot
    await sleep(POLL_MS, undefined, { signal: run.signal })
  }
}

/** How long a unit that looks like this may still become another. */
function patienceMs(
  { healthTimeoutMs, settleMs }: Inspection['config'],
  { state, container }: UnitSnapshot,
): number {
  if (isUp(state.ActiveState) && container?.state === 'running') return 0
  if (state.Job !== '') return healthTimeoutMs
  return state.ActiveState === 'active' && state.SubState === 'running' ? settleMs : 0
}

async function inspectOnce({ task, config }: Inspected): Promise<UnitSnapshot> {
  const { unit } = task
  const [state, monitored, all, generated, [previous, pinned, queued]] = await Promise.all([
    show(config.scope, unit),
    monitoredBy(config.scope, unit),
    containers(),
    generatedUnits(config),
    localImages([rollbackReference(unit), pinnedReference(unit), task.image]),
    preloadExeca(),
  ])
  const own = chooseContainers(monitored, all)
  const container = mainContainer(own)
  const source = findGenerated(unit, generated)
  const pin = readPin(config, unit)
  const followed = isToldByPin(source, pin)
    ? undefined
    : await referenceOf(config, unit, source, { container, pin })
  const image = followed?.image ?? (typeof pin === 'object' ? pin.image : task.image)
  const others = othersOf(own, image, typeof pin === 'object' ? pin : undefined)
  const withOthers = async (main: ImageState | undefined, nameOf?: NameOf) =>
    main && (await withLocalOthers(main, others, nameOf))
  return {
    state,
    container,
    containers: own,
    image,
    others,
    isElsewhere: monitored.size > 0 && own.length === 0,
    local: await withOthers(image === task.image ? queued : await localImage(image)),
    restartUnit: await restartUnitOf(config.scope, unit, container, all),
    previous: await withOthers(previous, reference => rollbackReference(unit, reference)),
    pinned: await withOthers(pinned, reference => pinnedReference(unit, reference)),
    pin,
    generated: source,
    ...(followed?.word !== undefined && { word: followed.word }),
  }
}

/**
 * The image to go back to: what runs now. A unit that is not up has the image that it was pinned to, or the one before its last
 * upgrade; so has one that was restarted by a run before, for what runs by then is the new one.
 */
export function imageToGoBackTo(snapshot: UnitSnapshot, restarted: boolean): ImageState | undefined {
  const { state, container, containers, previous, pinned } = snapshot
  const isGood =
    !restarted &&
    state.ActiveState === 'active' &&
    container !== undefined &&
    containers.every(({ health }) => health !== 'unhealthy')
  if (isGood) return imageState(container.imageId, snapshot.others)
  return snapshot.pin === undefined ? previous : (pinned ?? previous)
}

/** The unit's own definition, as the generator makes it now. */
export const placeOf = ({ task, config }: Inspected, { generated }: UnitSnapshot) => ({
  unit: task.unit,
  config,
  generated: generated?.text,
})

/** Where the way back of this unit leads. */
export function destinationOf(
  snapshot: UnitSnapshot,
  old: ImageState,
  reason: Pick<Pin, 'badId' | 'hold'>,
): Destination {
  const { image, container, containers: all, pin, word } = snapshot
  const before = (typeof pin === 'object' && pin.others) || []
  const beside = all
    .filter(other => other !== container)
    .map(({ image, imageId }) => [image, imageId] as const)
  const own = [
    canonicalImage(image),
    ...(container ? [container.image] : []),
    ...(word === undefined ? [] : [word]),
  ]
  const others = new Map([
    ...before,
    ...beside,
    ...own.map(reference => [reference, old.id] as const),
    ...(old.others ?? []),
  ])
  others.delete(image)
  return { image, keptId: old.id, ...reason, ...(others.size > 0 && { others: [...others] }) }
}

/** What an upgrade of the unit, as it is now, would find. Undefined where nothing runs that could be gone back to. */
export async function foreseeWayBack(asked: Inspected): Promise<WayBack | undefined> {
  const snapshot = await inspectOnce(asked)
  const { container, state } = snapshot
  if (container === undefined || !isUp(state.ActiveState)) return undefined
  return foresee(
    placeOf(asked, snapshot),
    destinationOf(snapshot, imageState(container.imageId, snapshot.others), {}),
  )
}
