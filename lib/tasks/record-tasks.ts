// From "these units, because of this event" to tasks on the disk and started: one way in for every caller. The event
// and its tasks are committed in one transaction before anything is started, so a kill at any point loses nothing.
import type { Config } from '../config/config.js'
import { taskTimeLimitSecs } from '../config/time-limits.js'
import { startTask } from '../host/transient-units.js'
import { type EventRecord, insertEvent, linkTask, tasksOfBody } from '../store/events.js'
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
 * Commits the event and its tasks, unless that is over a limit. A body that was seen before is work once, whatever is not signed
 * about it (its id, its path); it gives its tasks of then, but for units whose task failed: a redelivery is how a person tries again.
 * `event` is asked for the row with the status given.
 */
export function recordTasks(
  config: Config,
  request: UpgradeRequest,
  event: (status: 200 | 202) => EventRecord,
): Recorded {
  const now = Date.now()
  return withStore(config.stateDir, store => {
    const duplicate = event(200)
    const seen = earlierTasks(store, duplicate, request)
    if (seen.length === request.targets.length && seen.length > 0) {
      commit(store, duplicate, () => seen)
      return { kind: 'duplicate', tasks: seen }
    }
    const verdict = acquireLimits(store, config, request, duplicate.bodySha256, now)
    if (!verdict.allowed) return { kind: 'limited', retryAfterSecs: verdict.retryAfterSecs }
    const before = new Map(seen.map(task => [task.unit, task]))
    const enqueue = () =>
      request.targets.map(
        target => before.get(target.unit) ?? enqueueTask(store, { ...request, ...target }, now),
      )
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

/** Of each unit the last task that the same body led to, where that did not fail. */
function earlierTasks(store: Store, event: EventRecord, { targets, force }: UpgradeRequest): readonly Task[] {
  if (event.bodySha256 === undefined) return []
  const tasks = tasksOfBody(store, event, force).flatMap(id => findTask(store, id) ?? [])
  return targets.flatMap(({ unit }) => {
    const last = tasks.findLast(task => task.unit === unit)
    return last === undefined || last.outcome === 'failed' ? [] : [last]
  })
}

/** Starts the queued ones among `tasks`. Throws CommandFailed at the first that systemd does not take. */
export async function startTasks(config: Config, tasks: readonly Task[], all: boolean): Promise<void> {
  const queued = tasks.filter(({ state }) => state === 'queued')
  const batches = all && queued.length > 0 ? [queued] : queued.map(task => [task])
  await Promise.all(
    batches.map(batch => {
      const ids = batch.map(({ id }) => id)
      const force = batch.some(task => task.force)
      return startTask(config, { ids, all, force }, taskTimeLimitSecs(config))
    }),
  )
}
