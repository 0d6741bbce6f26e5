// What is done later, by transient timers: after an upgrade that ended well one more look at the unit (aftercare.ts), and a task whose
// unit has a maintenance window that is closed.
import type { Config } from '../config/config.js'
import { taskTimeLimitSecs } from '../config/time-limits.js'
import { asCommandFailed } from '../errors.js'
import { startAftercare, wakeTask } from '../host/transient-units.js'
import { log } from '../log.js'
import { withStore } from '../store/session.js'
import { type Task, unfinishedTasks } from '../store/tasks.js'
import { type Due, dueOf } from '../windows/due.js'

/** What cannot be scheduled is told: the upgrade itself went well. */
export async function scheduleAftercare(config: Config, taskId: number): Promise<void> {
  for (const secs of config.aftercareSecs) {
    try {
      await startAftercare(config, taskId, secs)
    } catch (error) {
      log('warning', `no after-care of task ${taskId}: ${asCommandFailed(error).message}`)
    }
  }
}

/** A time that is over when systemd hears of it would never come. */
const SOONEST_MS = 10_000

/** When a queued task is due. Where that is later, it is woken then, to look again. Throws CommandFailed. */
export async function awaitWindow(config: Config, task: Task): Promise<Due> {
  const now = Date.now()
  const due = await dueOf(config, task, now)
  if (due.laterMs !== undefined) {
    await wakeTask(config, task.id, Math.max(due.laterMs, now + SOONEST_MS), taskTimeLimitSecs(config))
  }
  return due
}

/** The queued task of a unit, where it waits for its window. Throws CommandFailed. */
export async function waitingTask(config: Config, unit: string): Promise<number | undefined> {
  const queued = withStore(config.stateDir, unfinishedTasks).find(
    task => task.unit === unit && task.state === 'queued',
  )
  return queued && (await dueOf(config, queued, Date.now())).laterMs !== undefined ? queued.id : undefined
}
