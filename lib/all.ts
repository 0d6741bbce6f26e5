// --all and `trigger UNIT…`: tasks for the chosen units, run here one after another. What was lost is taken up first,
// and one unit's failure stops no other: what is wrong with one container must not keep the rest from being upgraded.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { enabledUnits } from './enabled.js'
import { CommandFailed, EXIT } from './errors.js'
import { chooseTargets, type Target } from './match.js'
import type { Problems } from './query.js'
import type { EventRecord } from './store/events.js'
import { withStore } from './store/store.js'
import { findTask, type Task } from './store/tasks.js'
import { show, start } from './systemd.js'
import { runTask, sweep } from './task.js'
import { record } from './trigger.js'

export interface Order {
  readonly all: boolean
  readonly units: readonly string[]
  readonly force: boolean
  readonly caller: string
  readonly reason: string | undefined
}

/** Told as it happens. */
export interface Progress {
  readonly starting: (unit: string) => unknown
  readonly finished: (task: Task) => unknown
  readonly trouble: (message: string) => unknown
}

export interface Done {
  readonly tasks: readonly Task[]
  readonly status: number
}

const POLL_MS = 250

/** What `order` is about, or what is wrong with it. */
export async function targetsOf(
  config: Config,
  { all, units }: Order,
): Promise<readonly Target[] | Problems> {
  const enabled = await enabledUnits(config)
  // A host without enabled units has nothing to do, and its timer nothing to complain about.
  if (all && enabled.length === 0) return []
  return chooseTargets({ all, units, image: undefined }, enabled)
}

/** Runs everything and gives how each ended. EXIT.failed where one of them ended badly. */
export async function runAll(
  config: Config,
  order: Order,
  targets: readonly Target[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Done> {
  const lost = order.all ? sweep(config) : []
  const { force, caller, reason } = order
  const recorded = record(config, { targets, force, caller, reason, limit: undefined }, status =>
    eventOf(order, status),
  )
  const wanted = recorded.kind === 'limited' ? [] : recorded.tasks
  const ids = new Set([...lost, ...wanted].map(({ id }) => id))
  const tasks: Task[] = []
  for (const id of ids) {
    const task = await runOne(config, id, progress, signal)
    if (task !== undefined) tasks.push(task)
  }
  const started = order.all ? await startAutoUpdate(config, progress) : true
  const good = tasks.every(({ outcome }) => outcome !== 'failed' && outcome !== 'rolled-back')
  return { tasks, status: good && started ? EXIT.ok : EXIT.failed }
}

async function runOne(
  config: Config,
  id: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<Task | undefined> {
  const unit = withStore(config.stateDir, store => findTask(store, id))?.unit
  if (unit === undefined) return undefined
  progress.starting(unit)
  try {
    const task =
      (await runTask(config, id, `pid:${process.pid}`, signal)) ?? (await waitFor(config, id, signal))
    progress.finished(task)
    return task
  } catch (error) {
    signal.throwIfAborted()
    progress.trouble(`${unit}: ${(error as Error).message}`)
    return withStore(config.stateDir, store => findTask(store, id))
  }
}

/** The task was taken by another process, which ends within its own time limit. */
async function waitFor(config: Config, id: number, signal: AbortSignal): Promise<Task> {
  for (;;) {
    const task = withStore(config.stateDir, store => findTask(store, id))
    if (task === undefined) throw new Error(`task ${id} is gone`)
    if (task.state === 'done') return task
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** podman's own auto-update, for what carries its label. A host without the unit has none to start. */
async function startAutoUpdate(config: Config, progress: Progress): Promise<boolean> {
  const unit = config.autoUpdateUnit
  try {
    if ((await show(config.scope, unit)).LoadState === 'loaded') await start(config.scope, unit)
    return true
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    progress.trouble(error.message)
    return false
  }
}

function eventOf({ all, units, caller, reason, force }: Order, status: number): EventRecord {
  return {
    requestId: randomUUID(),
    ts: Date.now(),
    method: caller === 'timer' ? 'TIMER' : 'CLI',
    path: all ? '--all' : 'trigger',
    status,
    action: all ? 'all' : 'trigger',
    durationMs: 0,
    remoteAddr: undefined,
    unit: units.length === 1 ? units[0] : undefined,
    delivery: undefined,
    bodySha256: undefined,
    meta: { caller, reason, force, units: all ? undefined : units },
  }
}
