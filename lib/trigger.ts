// From "these units, because of this event" to tasks on the disk and started. One way in for every caller. The event
// and its tasks are committed in one transaction before anything is started, so a kill at any point loses nothing.
import type { Config } from './config.js'
import type { KnownUnit } from './match.js'
import { containers } from './podman.js'
import { generatedUnits } from './quadlet.js'
import { transaction } from './store/database.js'
import { type EventRecord, insertEvent, linkTask, tasksOfDelivery } from './store/events.js'
import { withStore } from './store/store.js'
import { enqueueTask, findTask, type Task } from './store/tasks.js'
import { type Self, startTask } from './systemd.js'

/** The units that may be touched, each with the reference it runs: by its quadlet, else by its container. */
export async function enabledUnits(config: Config): Promise<KnownUnit[]> {
  const generated = new Map((await generatedUnits(config)).map(({ unit, image }) => [unit, image]))
  const known = config.manualUnits.map(unit => ({
    unit,
    // An instance is generated from its template: app@one.service from app@.service.
    image: generated.get(unit) ?? generated.get(unit.replace(/@.+(?=\.service$)/, '@')),
  }))
  if (known.every(({ image }) => image !== undefined)) return known
  const running = await containers()
  return known.map(({ unit, image }) => ({
    unit,
    image: image ?? running.find(container => container.unit === unit && !container.infra)?.image,
  }))
}

export interface Wanted {
  readonly units: readonly { readonly unit: string; readonly image: string }[]
  readonly force: boolean
  readonly caller: string | undefined
  readonly reason: string | undefined
}

export interface Recorded {
  readonly tasks: readonly Task[]
  /** True where this delivery was recorded before and did not fail: the tasks are those of then. */
  readonly duplicate: boolean
}

/**
 * Commits the event and its tasks. A delivery seen before gives its tasks of then, unless one of them failed: a
 * redelivery is how a person tries again. `event` is given the status that the answer will have.
 */
export function record(config: Config, wanted: Wanted, event: (duplicate: boolean) => EventRecord): Recorded {
  const now = Date.now()
  return withStore(config.stateDir, store =>
    transaction(store.events, () => {
      const fresh = event(false)
      const earlier =
        fresh.delivery && fresh.bodySha256
          ? tasksOfDelivery(store, fresh.delivery, fresh.bodySha256)
          : undefined
      const before = (earlier ?? []).flatMap(id => findTask(store, id) ?? [])
      const duplicate = before.length > 0 && !before.some(failed)
      const tasks = duplicate
        ? before
        : wanted.units.map(unit => enqueueTask(store, { ...wanted, ...unit }, now))
      const eventId = insertEvent(store, duplicate ? event(true) : fresh)
      for (const task of tasks) linkTask(store, eventId, task.id)
      return { tasks, duplicate }
    }),
  )
}

const failed = ({ outcome }: Task): boolean => outcome === 'failed' || outcome === 'rolled-back'

/** Starts the queued ones among `tasks`. Throws CommandFailed at the first that systemd does not take. */
export async function startTasks(config: Config, self: Self, tasks: readonly Task[]): Promise<void> {
  await Promise.all(
    tasks.filter(({ state }) => state === 'queued').map(({ id }) => startTask(config, self, id)),
  )
}
