// A task's life around its upgrade: the unit's kernel lock, the claim, the record, the news. The lock is what proves
// that a running task is alive: whoever gets it knows that the task's process is gone.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { taskTimeLimitSecs } from '../config/time-limits.js'
import { asFailure } from '../errors.js'
import { log } from '../log.js'
import { GroupLock } from '../store/files/group-lock.js'
import { type Lock, lock, unitLockFile } from '../store/files/lock.js'
import { whenWritable } from '../store/files/when-writable.js'
import {
  badImages as badImagesOf,
  goodImages as goodImagesOf,
  insertUpgrade,
  lastUpdate as lastUpdateOf,
  rememberVerdict,
} from '../store/history.js'
import type { Report, Step } from '../store/report.js'
import { withStore } from '../store/session.js'
import type { Store } from '../store/store.js'
import {
  claimTask,
  findTask,
  finishTask,
  listTasks,
  requeueTask,
  saveProgress,
  type Task,
  unfinishedTasks,
} from '../store/tasks.js'
import { canonicalImage } from '../targets/image.js'
import { Progress, type Run } from '../upgrade/run.js'
import { upgrade } from '../upgrade/upgrade.js'
import { notify } from './notify.js'
import { scheduleAftercare } from './schedule.js'

/** A unit that dies within a day of an upgrade does so for its image. */
const BLAME_MS = 86_400_000

/** Longer than whoever holds it may live. */
export const lockWaitMs = (config: Config): number => (taskTimeLimitSecs(config) + 60) * 1000

export const unitLock = (config: Config, unit: string, waitMs: number): Lock | undefined =>
  lock(unitLockFile(config.stateDir, unit), waitMs)

/**
 * As many upgrades at once as there are processors, at least two: a burst for twenty units would otherwise starve the
 * requests that come in with it. Taken with the unit's lock held and the task still queued, so that what is asked
 * meanwhile joins it; who has a place waits for no lock of a unit, so nobody waits for ever.
 */
const acquireSlot = (config: Config, id: number): Lock | undefined =>
  lock(
    join(config.stateDir, 'locks', `place-${id % Math.max(2, availableParallelism())}`),
    lockWaitMs(config),
  )

export interface HowToRun {
  /** Skipped, for this reason. */
  readonly why?: string | undefined
  /** Told each step as it begins. */
  readonly onStep?: ((step: Step) => unknown) | undefined
}

/**
 * Runs a queued task to its end and gives its report; undefined where it is not queued (any more). When `signal` tells
 * the process to stop, the task is queued again, to be resumed where it was, and the signal's reason is thrown.
 */
export async function runTask(
  config: Config,
  id: number,
  owner: string,
  signal: AbortSignal,
  { why, onStep }: HowToRun = {},
): Promise<Task | undefined> {
  const queued = withStore(config.stateDir, store => findTask(store, id))
  if (queued?.state !== 'queued') return undefined
  const held = unitLock(config, queued.unit, lockWaitMs(config))
  if (held === undefined) return undefined
  let place: Lock | undefined
  try {
    place = acquireSlot(config, id)
    if (place === undefined) return undefined
    const claimed = await claim(config, id, queued.unit, owner)
    if (claimed === undefined) return undefined
    const report = why === undefined ? await attempt(config, claimed, signal, onStep) : skip(why)
    return await finish(config, claimed.task, report)
  } finally {
    place?.release()
    held.release()
  }
}

type Claimed = Pick<Run, 'task' | 'badImages' | 'lastUpdate' | 'lastStaged' | 'goodImages'>

/** Takes the task, unless there is a lost one of its unit: that is queued again first, and its place taken. */
async function claim(config: Config, id: number, unit: string, name: string): Promise<Claimed | undefined> {
  const bootId = readBootId()
  const { lost, claimed } = withStore(config.stateDir, store => {
    const lost = runningOf(unit, store)
    const task = lost.length > 0 ? undefined : claimTask(store, id, { bootId, name }, Date.now())
    if (task === undefined) return { lost, claimed: undefined }
    const image = canonicalImage(task.image)
    const lastUpdate = lastUpdateOf(store, image, unit, Date.now() - BLAME_MS)
    const badImages = badImagesOf(store, image, unit)
    const goodImages = goodImagesOf(store, image, unit).filter(({ id }) => !badImages.has(id))
    const [lastStaged] = listTasks(store, { unit, status: 'staged', limit: 1 })
    return { lost, claimed: { task, badImages, lastUpdate, lastStaged, goodImages } }
  })
  if (lost.length === 0) return claimed
  await requeueLost(config, lost)
  return claim(config, id, unit, name)
}

const skip = (why: string): Report => ({ outcome: 'skipped', why, steps: {} })

async function attempt(
  config: Config,
  { task, ...memory }: Claimed,
  signal: AbortSignal,
  onStep: HowToRun['onStep'],
): Promise<Report> {
  const save = (report: Report) => withStore(config.stateDir, store => saveProgress(store, task.id, report))
  const progress = new Progress({}, save, signal, onStep)
  const groupLock = new GroupLock(config.stateDir, signal)
  try {
    return await upgrade({ task, config, signal, ...memory, progress, groupLock })
  } catch (error) {
    const cause = signal.aborted ? 'interrupted' : asFailure(error) ? 'stopped' : 'stopped by a bug'
    const why = `${cause} at ${progress.current}`
    log('warning', `task ${task.id} ${task.unit}: ${why}; the next --all resumes it`)
    await requeue(config, task, why)
    throw error
  }
}

async function finish(config: Config, task: Task, report: Report): Promise<Task> {
  const outcome = report.outcome ?? 'failed'
  const image = canonicalImage(task.image)
  const now = Date.now()
  const { done, isOurs } = await whenWritable(() =>
    withStore(config.stateDir, store => {
      const ended = { ts: now, unit: task.unit, taskId: task.id, outcome, report }
      rememberVerdict(store, image, ended)
      const isOurs = finishTask(store, task.id, outcome, report, now)
      if (outcome !== 'unchanged') insertUpgrade(store, image, ended)
      return { done: findTask(store, task.id)!, isOurs }
    }),
  )
  if (!isOurs) log('warning', `task ${task.id} ${task.unit}: another process has ended it meanwhile`)
  await notify(config, done, report)
  if (outcome === 'updated') await scheduleAftercare(config, task.id)
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
  if (after?.outcome === 'failed') await notify(config, after, after.report ?? {})
}

/** Queues lost tasks again, and gives every queued one. Tasks whose unit is locked are alive, and left alone. */
export async function sweep(config: Config): Promise<readonly Task[]> {
  const running = withStore(config.stateDir, unfinishedTasks).filter(({ state }) => state === 'running')
  for (const { unit } of running) await sweepUnit(config, unit)
  return withStore(config.stateDir, unfinishedTasks).filter(({ state }) => state === 'queued')
}

/** Queues the lost task of a unit again, where there is one. */
export async function sweepUnit(config: Config, unit: string): Promise<void> {
  const held = unitLock(config, unit, 0)
  if (held === undefined) return
  try {
    await requeueLost(
      config,
      withStore(config.stateDir, store => runningOf(unit, store)),
    )
  } finally {
    held.release()
  }
}
