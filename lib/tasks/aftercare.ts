// The look at a unit some minutes after an upgrade that ended well: an image that dies or gets unhealthy only then is rolled back
// too. Started by a transient timer (schedule.ts).

import { isUp } from '../active-state.js'
import type { Config } from '../config/config.js'
import { EXIT } from '../errors.js'
import { wasStopped } from '../host/systemd.js'
import { enqueueRollback } from '../store/enqueue-rollback.js'
import { type EventRecord, eventWithoutRequest } from '../store/events.js'
import { withStore } from '../store/session.js'
import { findTask, listTasks, type Task, type TaskRequest } from '../store/tasks.js'
import { inspectUnit } from '../upgrade/inspect.js'
import { judgeLater } from '../upgrade/judge.js'
import { updateMetrics } from './notify.js'
import { summariseTask } from './report.js'
import { runTask } from './run-task.js'
import { waitingTask } from './schedule.js'

/** Gives the exit status. Throws CommandFailed and StoreUnavailable. */
export async function aftercare(config: Config, id: number, signal: AbortSignal): Promise<number> {
  const { task, last } = withStore(config.stateDir, store => {
    const task = findTask(store, id)
    const newest = task === undefined ? [] : listTasks(store, { unit: task.unit, limit: 2 })
    return { task, last: newest.find(({ state }) => state !== 'queued') } // that may wait for days
  })
  // Pruned, or there was another upgrade since, which has an after-care of its own.
  if (task?.outcome !== 'updated' || last === undefined || isNewer(last, task)) return EXIT.ok
  const { old, new: upgraded, local, dependents, mates } = task.report ?? {}
  if (old === undefined || upgraded === undefined) return EXIT.ok
  const snapshot = await inspectUnit({ task, config, signal })
  const isStopped = isUp(snapshot.state.ActiveState) ? undefined : await wasStopped(config.scope, task.unit)
  const why = judgeLater(snapshot, upgraded, isStopped)
  if (why === undefined) return EXIT.ok
  const secs = Math.round((Date.now() - (task.finishedMs ?? 0)) / 1000)
  const waiting = await waitingTask(config, task.unit)
  const rollback = withStore(config.stateDir, store => {
    const request = { ...task, force: false, caller: 'after-care', reason: `after-care of task ${id}` }
    const along = { ...(dependents && { dependents }), ...(mates && { mates }) }
    const known = { old, new: upgraded, ...(local && { local }), ...along }
    const report = { ...known, why: `${secs} s after the upgrade: ${why}` }
    return enqueueRollback(store, request, report, eventFor(request), waiting)
  })
  if (rollback === undefined) return EXIT.ok
  const done = await runTask(config, rollback.id, `pid:${process.pid}`, signal)
  await updateMetrics(config)
  return done === undefined ? EXIT.ok : summariseTask(done).status
}

/** An upgrade that changed nothing leaves the after-care of the one before to it. */
const isNewer = (last: Task, task: Task): boolean =>
  last.id > task.id && last.outcome !== 'unchanged' && last.outcome !== 'skipped'

const eventFor = ({ unit, caller, reason }: TaskRequest): EventRecord =>
  eventWithoutRequest({
    method: 'TIMER',
    path: 'aftercare',
    status: 202,
    action: 'aftercare',
    unit,
    meta: { caller, reason },
  })
