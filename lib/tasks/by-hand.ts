// What a person decides about one unit: to stay on what it runs (hold), to go back to what ran before its last upgrade and stay
// there (rollback), or to follow its tag again (release). With the drop-in and the tasks that an upgrade uses.
import type { Config } from '../config/config.js'
import { asWhole, no, type Result, valid } from '../result.js'
import { enqueueRollback } from '../store/enqueue-rollback.js'
import { type EventRecord, eventWithoutRequest, insertEvent } from '../store/events.js'
import { forgetAllBad } from '../store/history.js'
import { sameImages } from '../store/report.js'
import { withStore } from '../store/session.js'
import type { Task } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { canonicalImage } from '../targets/image.js'
import { chooseTargets, type Target } from '../targets/match.js'
import { imageState, tagImages } from '../targets/unit-images.js'
import { destinationOf, inspectUnit, placeOf, type UnitSnapshot } from '../upgrade/inspect.js'
import { pinnedReference } from '../upgrade/way-back/kept-images.js'
import { pin, prove, unpin } from '../upgrade/way-back/way-back.js'
import { lockWaitMs, runTask, unitLock } from './run-task.js'
import { waitingTask } from './schedule.js'

export interface ByHand {
  readonly verb: 'hold' | 'release' | 'rollback'
  readonly unit: string
  readonly caller: string
  readonly reason: string | undefined
}

const DEFAULT_REASON = 'no reason was given'

/** Gives the line to print. Throws CommandFailed and StoreUnavailable. */
export async function holdUnit(config: Config, asked: ByHand, signal: AbortSignal): Promise<Result<string>> {
  return withUnit(config, asked, signal, async (target, snapshot) => {
    const { container } = snapshot
    if (container === undefined) return no(`${target.unit} runs no container`)
    const runs = imageState(container.imageId, snapshot.others)
    const place = placeOf({ task: target, config }, snapshot)
    const hold = asked.reason ?? DEFAULT_REASON
    await unpin(place) // a pin of a rollback becomes a hold
    const trouble = await prove(place, destinationOf(snapshot, runs, { hold }))
    if (trouble !== undefined) {
      if (snapshot.pin !== undefined) await pin(place)
      return no(`${target.unit} cannot be held: ${trouble}`)
    }
    await tagImages(runs, other => pinnedReference(target.unit, other))
    await pin(place)
    record(config, asked)
    return valid(`${target.unit} stays on ${container.imageId.slice(0, 12)}: ${hold}`)
  })
}

/** The same, for a unit that is to follow its tag again, and to try images again that were bad. It is not restarted. */
export async function releaseUnit(
  config: Config,
  asked: ByHand,
  signal: AbortSignal,
): Promise<Result<string>> {
  return withUnit(config, asked, signal, async (target, snapshot) => {
    await unpin(placeOf({ task: target, config }, snapshot))
    withStore(config.stateDir, store => forgetAllBad(store, canonicalImage(snapshot.image), target.unit))
    record(config, asked)
    const { unit } = target
    if (snapshot.pin === undefined) return valid(`${unit} was not kept on an image`)
    return valid(
      `${unit} follows ${snapshot.image} again, from its next start: pod-upgrade-trigger trigger ${unit}`,
    )
  })
}

/** Goes back and gives the task; undefined where another process has it. */
export async function rollBackUnit(
  config: Config,
  asked: ByHand,
  signal: AbortSignal,
): Promise<Result<Task | undefined>> {
  const queued = await withUnit(config, asked, signal, async (target, { previous, container, others }) => {
    if (previous === undefined)
      return no(`${target.unit} has no image to go back to: it was not upgraded here`)
    const upgraded = container && imageState(container.imageId, others)
    if (sameImages(upgraded, previous))
      return no(`${target.unit} runs the image before its last upgrade already`)
    const hold = asked.reason ?? DEFAULT_REASON
    const report = {
      old: previous,
      ...(upgraded && { new: upgraded }),
      why: `rolled back by hand: ${hold}`,
      hold,
    }
    const request = { ...target, force: false, caller: asked.caller, reason: asked.reason }
    const waiting = await waitingTask(config, target.unit)
    const task = withStore(config.stateDir, store =>
      enqueueRollback(store, request, report, eventFor(asked), waiting),
    )
    return task === undefined
      ? no(`${target.unit} has a task that waits: try again when it has ended`)
      : valid(task)
  })
  return queued.ok ? valid(await runTask(config, queued.value.id, `pid:${process.pid}`, signal)) : queued
}

/** Only an enabled unit is touched, and not while a task is at it. */
async function withUnit<T>(
  config: Config,
  { unit }: ByHand,
  signal: AbortSignal,
  work: (target: Target, snapshot: UnitSnapshot) => Promise<Result<T>>,
): Promise<Result<T>> {
  const chosen = chooseTargets({ all: false, units: [unit], image: undefined }, await enabledUnits(config))
  if (!chosen.ok) return asWhole(chosen.problems)
  const [target] = chosen.value
  const held = target && unitLock(config, target.unit, lockWaitMs(config))
  if (target === undefined || held === undefined) return no(`${unit} is busy`)
  try {
    return await work(target, await inspectUnit({ task: target, config, signal }))
  } finally {
    held.release()
  }
}

const record = (config: Config, asked: ByHand): unknown =>
  withStore(config.stateDir, store => insertEvent(store, eventFor(asked)))

const eventFor = ({ verb, unit, caller, reason }: ByHand): EventRecord =>
  eventWithoutRequest({
    method: 'CLI',
    path: verb,
    status: 200,
    action: verb,
    unit,
    meta: { caller, reason },
  })
