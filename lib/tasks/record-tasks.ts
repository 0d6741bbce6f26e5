// From "these units, because of this event" to tasks on the disk and started: one way in for every caller. The event
// and its tasks are committed in one transaction before anything is started, so a kill at any point loses nothing.
import type { Config } from '../config/config.js'
import { taskTimeLimitSecs } from '../config/time-limits.js'
import { startTask } from '../host/transient-units.js'
import { type EventRecord, insertEvent, linkTask, tasksOfDelivery } from '../store/events.js'
import { transaction } from '../store/files/database.js'
import { withStore } from '../store/session.js'
import type { Store } from '../store/store.js'
import { enqueueTask, findTask, type Task } from '../store/tasks.js'
import type { Target } from '../targets/match.js'
import { acquireLimits, type Limit } from './rate-limits.js'

export interface UpgradeRequest {
  readonly targets: readonly Target[]
  /** They are every enabled unit, which are upgraded one after another; others are side by side. */
  readonly all: boolean
  readonly force: boolean
  readonly caller: string | undefined
  readonly reason: string | undefined
  readonly limit: Limit
}

export type Recorded =
  | { readonly kind: 'accepted' | 'duplicate'; readonly tasks: readonly Task[] }
  | { readonly kind: 'limited'; readonly retryAfterSecs: number }

/**
 * Commits the event and its tasks, unless that is over a limit. A delivery seen before gives its tasks of then, unless
 * one of them failed: a redelivery is how a person tries again. `event` is asked for the row with the status given.
 */
export function recordTasks(
  config: Config,
  request: UpgradeRequest,
  event: (status: 200 | 202) => EventRecord,
): Recorded {
  const now = Date.now()
  return withStore(config.stateDir, store => {
    const seen = earlierTasks(store, event(200))
    if (seen !== undefined) {
      commit(store, event(200), () => seen)
      return { kind: 'duplicate', tasks: seen }
    }
    const verdict = acquireLimits(store, config, request, now)
    if (!verdict.allowed) return { kind: 'limited', retryAfterSecs: verdict.retryAfterSecs }
    const enqueue = () => request.targets.map(target => enqueueTask(store, { ...request, ...target }, now))
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

/** Starts the queued ones among `tasks`. Throws CommandFailed at the first that systemd does not take. */
export async function startTasks(config: Config, tasks: readonly Task[], all: boolean): Promise<void> {
  const ids = tasks.filter(({ state }) => state === 'queued').map(({ id }) => id)
  const batches = all && ids.length > 0 ? [{ ids, all }] : ids.map(id => ({ ids: [id], all: false }))
  await Promise.all(batches.map(batch => startTask(config, batch, taskTimeLimitSecs(config))))
}
