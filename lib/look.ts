// What a unit is and runs before it is upgraded: found out in peace, because in the middle of a restart neither the
// container is there, nor what it says of its pod, and the unit looks like one that a person has stopped.
import { setTimeout as sleep } from 'node:timers/promises'
import { prepare } from './exec.js'
import { rollbackReference } from './pin.js'
import { type Container, containerOf, containers, localImage, restartUnitOf } from './podman.js'
import { findGenerated, type GeneratedUnit, generatedUnits } from './quadlet.js'
import type { ImageState } from './report.js'
import type { Run } from './steps.js'
import { isUp, show, type UnitState } from './unit-state.js'

const POLL_MS = 500

export interface Place {
  readonly state: UnitState
  readonly container: Container | undefined
  /** The reference it follows now: the task was queued before, and somebody may have edited the unit meanwhile. */
  readonly image: string
  /** What to restart for it. */
  readonly restartUnit: string
  /** What was kept, to go back to, when it was last upgraded. */
  readonly kept: ImageState | undefined
  /** Its quadlet, where it has one. */
  readonly generated: GeneratedUnit | undefined
}

/** Waits while a job is about to change the unit; after healthTimeoutMs it is taken for what it is by then. */
export async function look(run: Run): Promise<Place> {
  const end = performance.now() + run.config.healthTimeoutMs
  for (;;) {
    const place = await lookOnce(run)
    const { state, container } = place
    const up = isUp(state.ActiveState) && container?.state === 'running'
    if (state.Job === '' || up || performance.now() > end) return place
    await sleep(POLL_MS, undefined, { signal: run.signal })
  }
}

async function lookOnce({ task, config }: Run): Promise<Place> {
  const { unit } = task
  const [state, all, generated, kept] = await Promise.all([
    show(config.scope, unit),
    containers(),
    generatedUnits(config),
    localImage(rollbackReference(unit)),
    prepare(),
  ])
  const source = findGenerated(unit, generated)
  return {
    state,
    container: containerOf(unit, all),
    image: source?.image ?? task.image,
    restartUnit: restartUnitOf(unit, all),
    kept,
    generated: source,
  }
}

/**
 * Notes what runs now as `old`. A unit that is not up has the image of the last time it was; a run that is taken up after
 * the restart has noted it, for what runs by then is the new one.
 */
export function noteOld(run: Run, { state, container, kept }: Place, restarted: boolean): void {
  const up =
    !restarted &&
    state.ActiveState === 'active' &&
    container !== undefined &&
    container.health !== 'unhealthy'
  const old = run.report.old ?? (up ? { id: container.imageId, digest: '' } : kept)
  if (old !== undefined) run.report = { ...run.report, old }
}
