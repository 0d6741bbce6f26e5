// Tasks run one after another: those of --all and `trigger UNIT…` as they are made, those of a request by the transient
// unit that it started. With --all what was lost is taken up first. One unit's failure stops no other.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/config.js'
import { asCommandFailed, EXIT } from '../errors.js'
import { exitStatus } from '../exit-status.js'
import { start } from '../host/systemd.js'
import { type Batch, taskUnit } from '../host/transient-units.js'
import { show } from '../host/unit-state.js'
import { log } from '../log.js'
import { type Result, valid } from '../result.js'
import { type EventRecord, eventWithoutRequest } from '../store/events.js'
import type { Step } from '../store/report.js'
import { withStore } from '../store/session.js'
import { findTask, type Task, unfinishedTasks } from '../store/tasks.js'
import { chooseTargets, type KnownUnit, type Target } from '../targets/match.js'
import { NOW } from '../windows/due.js'
import { updateMetrics } from './notify.js'
import { recordTasks } from './record-tasks.js'
import { isGood, summariseTask } from './report.js'
import { type HowToRun, runTask, sweep, sweepUnit } from './run-task.js'
import { awaitWindow } from './schedule.js'

export interface RunRequest {
  readonly all: boolean
  readonly units: readonly string[]
  readonly force: boolean
  readonly caller: string
  readonly reason: string | undefined
}

/** Told as it happens. */
export interface Progress {
  readonly starting: (unit: string) => unknown
  readonly step: (unit: string, step: Step) => unknown
  readonly finished: (task: Task) => unknown
  /** Its unit has a maintenance window that opens then. */
  readonly waiting: (unit: string, untilMs: number) => unknown
  readonly problem: (message: string) => unknown
}

export interface Done {
  readonly tasks: readonly Task[]
  readonly status: number
}

const POLL_MS = 250
const LOOKS_PER_SWEEP = 8 // a sweep starts a program

/** What `order` is about, or what is wrong with it. */
export function targetsOf(
  config: Config,
  { all, units }: RunRequest,
  enabled: readonly KnownUnit[],
): Result<readonly Target[]> {
  // A host without enabled units has nothing to do, and its timer nothing to complain about.
  if (all && enabled.length === 0) return valid([])
  const targets = chooseTargets({ all, units, image: undefined }, enabled)
  // While a unit without a quadlet is down, nothing tells its image but the task that was lost with it.
  const lost = all && !targets.ok && withStore(config.stateDir, unfinishedTasks).length > 0
  return lost ? valid([]) : targets
}

/** Runs everything and gives how each ended. EXIT.failed where one of them ended badly, or a named one did not end. */
export async function runAll(
  config: Config,
  order: RunRequest,
  targets: readonly Target[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Done> {
  const lost = order.all ? await sweep(config) : []
  const recorded = recordTasks(config, { ...order, targets, limit: undefined }, status =>
    eventForRun(order, status),
  )
  const wanted = recorded.kind === 'limited' ? [] : recorded.tasks
  const ids = new Set([...lost, ...wanted].map(({ id }) => id))
  const tasks: Task[] = []
  const waiting = new Set<number>()
  for (const id of ids) {
    if (tasks.length > 0) await updateMetrics(config)
    const task = await runOne(config, id, order, progress, signal)
    if (task.found !== undefined) tasks.push(task.found)
    if (task.waits) waiting.add(id)
    // Told to stop: what was begun is queued again, as it said. For the timer that is no failure.
    if (signal.aborted) return { tasks, status: order.all ? EXIT.ok : EXIT.failed }
  }
  const trouble = order.all ? await startAutoUpdate(config) : undefined
  if (trouble !== undefined) progress.problem(trouble)
  await updateMetrics(config)
  const good = tasks.every(({ id, outcome }) => waiting.has(id) || isGood(outcome)) && trouble === undefined
  return { tasks, status: good ? EXIT.ok : EXIT.failed }
}

/** A person asks for now; only what the timer begins waits for its window. */
async function runOne(
  config: Config,
  id: number,
  { caller }: RunRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly found: Task | undefined; readonly waits?: boolean }> {
  const find = () => withStore(config.stateDir, store => findTask(store, id))
  const task = find()
  if (task === undefined) return { found: undefined }
  const { unit } = task
  try {
    const isOurs = caller === 'timer' && task.state === 'queued'
    const { laterMs, why } = isOurs ? await awaitWindow(config, task) : NOW
    if (laterMs !== undefined) {
      progress.waiting(unit, laterMs)
      return { found: task, waits: true }
    }
    progress.starting(unit)
    const done = await runOrWait(config, id, signal, { why, onStep: step => progress.step(unit, step) })
    progress.finished(done)
    return { found: done }
  } catch (error) {
    if (!signal.aborted) progress.problem(`${unit}: ${(error as Error).message}`)
    return { found: find() }
  }
}

/** Where another process has the task, until that has ended it, or is gone itself: then it is taken up. */
async function runOrWait(config: Config, id: number, signal: AbortSignal, how: HowToRun): Promise<Task> {
  for (let looks = 1; ; looks++) {
    const own = await runTask(config, id, `pid:${process.pid}`, signal, how)
    if (own !== undefined) return own
    const task = withStore(config.stateDir, store => findTask(store, id))
    if (task === undefined) throw new Error(`task ${id} is gone`)
    if (task.state === 'done') return task
    await sleep(POLL_MS, undefined, { signal })
    if (looks % LOOKS_PER_SWEEP === 0) await sweepUnit(config, task.unit)
  }
}

/** What a transient unit runs: tasks that a request has queued, which may be somebody else's or done by now. */
export async function runBatch(config: Config, batch: Batch, signal: AbortSignal): Promise<number> {
  const statuses: number[] = []
  for (const id of batch.ids) {
    try {
      const found = withStore(config.stateDir, store => findTask(store, id))
      // The process that ran it before is gone: systemd has started this one in its place.
      if (found?.state === 'running') await sweepUnit(config, found.unit)
      const { laterMs, why } = found?.state === 'queued' ? await awaitWindow(config, found) : NOW
      if (laterMs !== undefined) continue
      const task = await runTask(config, id, taskUnit(batch), signal, { why })
      statuses.push(task === undefined ? EXIT.ok : summariseTask(task).status)
    } catch (error) {
      if (signal.aborted) return EXIT.ok // it said so, and is queued again
      statuses.push(exitStatus(error))
    }
    await updateMetrics(config)
  }
  const trouble = batch.all ? await startAutoUpdate(config) : undefined
  if (trouble !== undefined) log('error', trouble)
  return Math.max(...statuses, trouble === undefined ? EXIT.ok : EXIT.failed)
}

/** podman's own auto-update, for what carries its label. A host without the unit has none to start. Gives what is wrong. */
async function startAutoUpdate({ scope, autoUpdateUnit }: Config): Promise<string | undefined> {
  try {
    if ((await show(scope, autoUpdateUnit)).LoadState === 'loaded') await start(scope, autoUpdateUnit)
    return undefined
  } catch (error) {
    return asCommandFailed(error).message
  }
}

function eventForRun({ all, units, caller, reason, force }: RunRequest, status: number): EventRecord {
  return eventWithoutRequest({
    method: caller === 'timer' ? 'TIMER' : 'CLI',
    path: all ? '--all' : 'trigger',
    status,
    action: all ? 'all' : 'trigger',
    unit: units.length === 1 ? units[0] : undefined,
    meta: { caller, reason, force, units: all ? undefined : units },
  })
}
