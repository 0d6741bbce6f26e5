// One task: look at what runs, pull, compare, restart, and confirm that the running container has the new image. What
// was decided is judged by what runs, never by what a command said: a restart that "succeeded" proves nothing yet.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { CommandFailed, EXIT } from './errors.js'
import { escapeControl, log } from './log.js'
import { containers, pull } from './podman.js'
import { lock } from './store/lock.js'
import { withStore } from './store/store.js'
import { claimTask, findTask, finishTask, type Outcome, type Task } from './store/tasks.js'
import { journalTail, restart, show, taskUnit } from './systemd.js'

/** How a task ended. Stored with it, and what `tasks` shows. */
export interface Report {
  readonly outcome: Outcome
  /** Why, for a person; undefined where the outcome says it all. */
  readonly why?: string
  readonly oldImageId?: string
  readonly newImageId?: string
  readonly steps: Readonly<Record<string, number>>
  readonly journal?: string
}

const POLL_MS = 200
const UNIT_LOCK_WAIT_MS = 3_600_000 // one hour: the task before us has its own, shorter, time limit

/** Runs a queued task to its end. EXIT.ok for a good end and for a task that is not queued (any more), else failed. */
export async function runTask(config: Config, id: number): Promise<number> {
  const queued = withStore(config.stateDir, store => findTask(store, id))
  if (queued === undefined || queued.state !== 'queued') {
    log('notice', `task ${id} is ${queued?.state ?? 'unknown'}: nothing to do`)
    return EXIT.ok
  }
  const unitLock = lock(join(config.stateDir, 'locks', `${queued.unit}.lock`), UNIT_LOCK_WAIT_MS)
  if (unitLock === undefined) return EXIT.tryLater
  try {
    const owner = {
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      name: taskUnit(id),
    }
    const task = withStore(config.stateDir, store => claimTask(store, id, owner, Date.now()))
    if (task === undefined) return EXIT.ok
    return finish(config, task, await upgrade(config, task))
  } finally {
    unitLock.release()
  }
}

function finish(config: Config, task: Task, report: Report): number {
  withStore(config.stateDir, store => finishTask(store, task.id, report.outcome, report, Date.now()))
  const ok = report.outcome === 'updated' || report.outcome === 'unchanged' || report.outcome === 'skipped'
  const ids = `${short(report.oldImageId)} -> ${short(report.newImageId)}`
  log(
    ok ? 'notice' : 'error',
    `task ${task.id} ${task.unit} ${report.outcome} ${ids} ${report.why ?? ''}`.trimEnd(),
  )
  return ok ? EXIT.ok : EXIT.failed
}

const short = (imageId: string | undefined): string => imageId?.slice(0, 12) ?? '?'

async function upgrade(config: Config, task: Task): Promise<Report> {
  const steps: Record<string, number> = {}
  const timed = async <T>(step: string, work: Promise<T>): Promise<T> => {
    const began = performance.now()
    return work.finally(() => Object.assign(steps, { [`${step}Ms`]: Math.round(performance.now() - began) }))
  }
  let ids: { oldImageId?: string; newImageId?: string } = {}
  try {
    const oldImageId = await timed('look', runningImageId(task.unit))
    ids = oldImageId === undefined ? {} : { oldImageId }
    const newImageId = await timed('pull', pull(task.image, config.pullTimeoutMs))
    ids = { ...ids, newImageId }
    if (oldImageId === newImageId && !task.force) return { outcome: 'unchanged', ...ids, steps }
    await timed('restart', restart(config.scope, task.unit, config.pullTimeoutMs))
    const trouble = await timed('confirm', confirm(config, task.unit, newImageId))
    if (trouble === undefined) return { outcome: 'updated', ...ids, steps }
    return { outcome: 'failed', why: trouble, ...ids, steps, journal: await tail(config, task) }
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return {
      outcome: 'failed',
      why: escapeControl(error.message),
      ...ids,
      steps,
      journal: await tail(config, task),
    }
  }
}

const tail = async (config: Config, { unit }: Task): Promise<string> =>
  escapeControl(await journalTail(config.scope, unit))

async function runningImageId(unit: string): Promise<string | undefined> {
  const mine = (await containers(unit)).filter(({ infra, state }) => !infra && state === 'running')
  return mine[0]?.imageId
}

/** Waits until the unit is active with a container of that image. Gives what is wrong when the time is up. */
async function confirm(config: Config, unit: string, imageId: string): Promise<string | undefined> {
  const end = Date.now() + config.healthTimeoutMs
  for (;;) {
    const state = await show(config.scope, unit)
    const running = await runningImageId(unit)
    if (state.ActiveState === 'active' && running === imageId) return undefined
    if (state.ActiveState === 'failed') return `the unit is failed (${state.Result})`
    if (Date.now() >= end)
      return `after ${config.healthTimeoutMs / 1000} s the unit is ${state.ActiveState}, running ${short(running)}`
    await sleep(POLL_MS)
  }
}
