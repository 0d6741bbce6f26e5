// A task's life around its upgrade: the unit's kernel lock, the claim, the record, the news. The lock is what proves
// that a running task is alive: whoever gets it knows that the task's process is gone.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Config } from './config.js'
import { EXIT } from './errors.js'
import { log } from './log.js'
import { notify } from './notify.js'
import { isGood, type Report, summarise } from './report.js'
import { badImages as badImagesOf, forgetBad, insertUpgrade, rememberBad } from './store/history.js'
import { type Lock, lock } from './store/lock.js'
import { slugOf } from './store/slug.js'
import { type Store, withStore } from './store/store.js'
import {
  claimTask,
  findTask,
  finishTask,
  requeueTask,
  saveProgress,
  type Task,
  unfinishedTasks,
} from './store/tasks.js'
import { normal } from './trigger.js'
import { upgrade } from './upgrade.js'

const LOCK_WAIT_MS = 3_600_000 // one hour: whoever holds it has a time limit of its own, and a shorter one

const unitLock = (config: Config, unit: string, waitMs: number): Lock | undefined =>
  lock(join(config.stateDir, 'locks', `${slugOf(unit)}.lock`), waitMs)

/**
 * As many upgrades at once as there are processors, at least two: a burst for twenty units would otherwise starve the
 * requests that come in with it. Taken with the unit's lock held and the task still queued, so that what is asked
 * meanwhile joins it; who has a place waits for no lock of a unit, so nobody waits for ever.
 */
const placeToRun = (config: Config, id: number): Lock | undefined =>
  lock(join(config.stateDir, 'locks', `place-${id % Math.max(2, availableParallelism())}`), LOCK_WAIT_MS)

/**
 * Runs a queued task to its end and gives its report; undefined where it is not queued (any more). When `signal` tells
 * the process to stop, the task is queued again, to be taken up where it was, and the signal's reason is thrown.
 */
export async function runTask(
  config: Config,
  id: number,
  owner: string,
  signal: AbortSignal,
): Promise<Task | undefined> {
  const queued = withStore(config.stateDir, store => findTask(store, id))
  if (queued?.state !== 'queued') return undefined
  const held = unitLock(config, queued.unit, LOCK_WAIT_MS)
  if (held === undefined) return undefined
  let place: Lock | undefined
  try {
    place = placeToRun(config, id)
    if (place === undefined) return undefined
    const claimed = await claim(config, id, queued.unit, owner)
    return claimed && (await finish(config, claimed.task, await attempt(config, claimed, signal)))
  } finally {
    place?.release()
    held.release()
  }
}

interface Claimed {
  readonly task: Task
  readonly badImages: ReadonlyMap<string, string>
}

/** Takes the task, unless there is a lost one of its unit: that is queued again first, and its place taken. */
async function claim(config: Config, id: number, unit: string, name: string): Promise<Claimed | undefined> {
  const bootId = readBootId()
  const { lost, task, badImages } = withStore(config.stateDir, store => {
    const lost = runningOf(unit, store)
    const task = lost.length > 0 ? undefined : claimTask(store, id, { bootId, name }, Date.now())
    return { lost, task, badImages: task && badImagesOf(store, normal(task.image), unit) }
  })
  if (lost.length === 0) return task && badImages && { task, badImages }
  await requeueLost(config, lost)
  return claim(config, id, unit, name)
}

async function attempt(config: Config, { task, badImages }: Claimed, signal: AbortSignal): Promise<Report> {
  const run = {
    task,
    config,
    signal,
    report: (task.report ?? {}) as Report,
    save: (report: Report) => withStore(config.stateDir, store => saveProgress(store, task.id, report)),
    badImages,
    touched: [],
    turns: [],
  }
  try {
    return await upgrade(run)
  } catch (error) {
    const why = signal.aborted
      ? `interrupted at ${run.report.step}`
      : `a bug stopped it at ${run.report.step}`
    log('warning', `task ${task.id} ${task.unit}: ${why}; the next --all takes it up`)
    await requeue(config, task, why)
    throw error
  }
}

async function finish(config: Config, task: Task, report: Report): Promise<Task> {
  const outcome = report.outcome ?? 'failed'
  const image = normal(task.image)
  const now = Date.now()
  const done = withStore(config.stateDir, store => {
    if (report.new !== undefined && outcome === 'rolled-back') {
      rememberBad(store, image, task.unit, report.new.id, report.why ?? '', now)
    }
    if (report.new !== undefined && outcome === 'updated') forgetBad(store, image, task.unit, report.new.id)
    finishTask(store, task.id, outcome, report, now)
    if (outcome !== 'unchanged')
      insertUpgrade(store, image, { ts: now, unit: task.unit, taskId: task.id, outcome, report })
    return findTask(store, task.id)!
  })
  await notify(config, done, report)
  return done
}

const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

const runningOf = (unit: string, store: Store): Task[] =>
  unfinishedTasks(store).filter(task => task.unit === unit && task.state === 'running')

/** Tasks that are `running` although we hold the lock of their unit: their processes were killed. */
async function requeueLost(config: Config, lost: readonly Task[]): Promise<void> {
  const bootId = readBootId()
  for (const task of lost) {
    const why = task.bootId === bootId ? 'its process was killed' : 'the host was restarted'
    log('warning', `task ${task.id} ${task.unit} was lost: ${why}`)
    await requeue(config, task, why)
  }
}

/** Queues it again; where that was too often it has failed, which is told like any other failure. */
async function requeue(config: Config, task: Task, why: string): Promise<void> {
  const after = withStore(config.stateDir, store => {
    requeueTask(store, task, why, Date.now())
    return findTask(store, task.id)
  })
  if (after?.outcome === 'failed') await notify(config, after, (after.report ?? {}) as Report)
}

/** Queues lost tasks again, and gives every queued one. Tasks whose unit is locked are alive, and left alone. */
export async function sweep(config: Config): Promise<readonly Task[]> {
  const running = withStore(config.stateDir, unfinishedTasks).filter(({ state }) => state === 'running')
  for (const { unit } of running) {
    const held = unitLock(config, unit, 0)
    if (held === undefined) continue
    try {
      const lost = withStore(config.stateDir, store => runningOf(unit, store))
      await requeueLost(config, lost)
    } finally {
      held.release()
    }
  }
  return withStore(config.stateDir, unfinishedTasks).filter(({ state }) => state === 'queued')
}

/** The exit status of one task, and its line. */
export function tell(task: Task): { readonly status: number; readonly line: string } {
  const report = (task.report ?? {}) as Report
  return { status: isGood(task.outcome) ? EXIT.ok : EXIT.failed, line: summarise(task, report) }
}
