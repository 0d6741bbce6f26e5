// From "these units, because of this event" to tasks on the disk and started: one way in for every caller. The event
// and its tasks are committed in one transaction before anything is started, so a kill at any point loses nothing.
import type { Config } from './config.js'
import type { Argv } from './exec.js'
import { formatImage, parseImage } from './image.js'
import type { Verdict } from './limit.js'
import type { Target } from './match.js'
import { rollbackReference } from './pin.js'
import { type Container, containerOf, containersArgv, pullArgv, restartUnitOf, tagArgv } from './podman.js'
import { transaction } from './store/database.js'
import { type EventRecord, insertEvent, linkTask, tasksOfDelivery } from './store/events.js'
import { takeHit } from './store/hits.js'
import { type Store, withStore } from './store/store.js'
import { enqueueTask, findTask, type Task } from './store/tasks.js'
import { resetArgv, restartArgv, type Self, startAndWaitArgv, startTask } from './systemd.js'
import { showArgv } from './unit-state.js'

export interface Wanted {
  readonly targets: readonly Target[]
  /** They are every enabled unit, which are upgraded one after another; others are side by side. */
  readonly all: boolean
  readonly force: boolean
  readonly caller: string | undefined
  readonly reason: string | undefined
  /** What this counts against: each target's image, the windows of all calls under this name, or nothing. */
  readonly limit: { readonly perImage: true } | { readonly call: string } | undefined
}

export type Recorded =
  | { readonly kind: 'accepted' | 'duplicate'; readonly tasks: readonly Task[] }
  | { readonly kind: 'limited'; readonly retryAfterSecs: number }

/**
 * Commits the event and its tasks, unless that is over a limit. A delivery seen before gives its tasks of then, unless
 * one of them failed: a redelivery is how a person tries again. `event` is asked for the row with the status given.
 */
export function record(config: Config, wanted: Wanted, event: (status: 200 | 202) => EventRecord): Recorded {
  const now = Date.now()
  return withStore(config.stateDir, store => {
    const seen = earlierTasks(store, event(200))
    if (seen !== undefined) {
      commit(store, event(200), () => seen)
      return { kind: 'duplicate', tasks: seen }
    }
    const verdict = takeHits(store, config, wanted, now)
    if (!verdict.allowed) return { kind: 'limited', retryAfterSecs: verdict.retryAfterSecs }
    const enqueue = () => wanted.targets.map(target => enqueueTask(store, { ...wanted, ...target }, now))
    return { kind: 'accepted', tasks: commit(store, event(202), enqueue) }
  })
}

function commit(store: Store, event: EventRecord, tasks: () => readonly Task[]): readonly Task[] {
  return transaction(store.events, () => {
    const eventId = insertEvent(store, event)
    const linked = tasks()
    for (const { id } of linked) linkTask(store, eventId, id)
    return linked
  })
}

/** Those of the same delivery, where it was recorded with tasks and none of them failed. */
function earlierTasks(store: Store, { delivery, bodySha256 }: EventRecord): readonly Task[] | undefined {
  if (delivery === undefined || bodySha256 === undefined) return undefined
  const ids = tasksOfDelivery(store, delivery, bodySha256) ?? []
  const tasks = ids.flatMap(id => findTask(store, id) ?? [])
  const failed = tasks.some(({ outcome }) => outcome === 'failed' || outcome === 'rolled-back')
  return tasks.length === 0 || failed ? undefined : tasks
}

/** Counts the call against its limits. */
export function takeHits(store: Store, config: Config, { limit, targets }: Wanted, nowMs: number): Verdict {
  if (limit === undefined) return { allowed: true }
  if ('call' in limit) return takeHit(store.rateLimits, limit.call, config.callLimits, nowMs)
  const images = [...new Set(targets.map(({ image }) => normal(image)))]
  const verdicts = images.map(image => takeHit(store.image(image), 'delivery', config.imageLimits, nowMs))
  return verdicts.find(({ allowed }) => !allowed) ?? { allowed: true }
}

/** The spelling under which an image's file is kept. */
export function normal(reference: string): string {
  const image = parseImage(reference)
  return image === undefined ? reference : formatImage(image)
}

/** Starts the queued ones among `tasks`. Throws CommandFailed at the first that systemd does not take. */
export async function startTasks(
  config: Config,
  self: Self,
  tasks: readonly Task[],
  all: boolean,
): Promise<void> {
  const ids = tasks.filter(({ state }) => state === 'queued').map(({ id }) => id)
  const batches = all && ids.length > 0 ? [{ ids, all }] : ids.map(id => ({ ids: [id], all: false }))
  await Promise.all(batches.map(batch => startTask(config, self, batch)))
}

/**
 * The command lines of an upgrade, in their order, where the image has changed and nothing goes wrong; what only asks
 * (about images, and again and again while the unit is watched) is there once or not at all.
 */
export function planCommands(
  { scope }: Config,
  { unit, image }: Target,
  running: readonly Container[],
): readonly Argv[] {
  const runs = containerOf(unit, running)
  const restarted = restartUnitOf(unit, running)
  return [
    showArgv(scope, unit),
    containersArgv(),
    ...(runs === undefined ? [] : [tagArgv(runs.imageId, rollbackReference(unit))]),
    ...(image.startsWith('localhost/') ? [] : [pullArgv(image)]),
    resetArgv(scope, restarted),
    restartArgv(scope, restarted),
    ...(restarted === unit ? [] : [startAndWaitArgv(scope, [unit])]),
    containersArgv(unit),
  ]
}
