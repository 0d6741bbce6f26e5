// A task that begins where a rollback does: for an upgrade that has ended, well as it seemed then.
import { type EventRecord, insertEvent, linkTask } from './events.js'
import { type Row, transaction } from './files/database.js'
import type { Report } from './report.js'
import type { Store } from './store.js'
import { enqueueTask, findTask, type Task, type TaskRequest } from './tasks.js'

/**
 * A queued task that goes back to an image, for an upgrade that has ended, with the event that asked for it. Undefined, and nothing
 * recorded, where one is queued for the unit already: that one will look at it. But `waiting`, which may do so in days, becomes this
 * one; what it was for is found by the next --all.
 */
export function enqueueRollback(
  store: Store,
  request: TaskRequest,
  report: Report,
  event: EventRecord,
  waiting: number | undefined,
): Task | undefined {
  return transaction(store.events, () => {
    const before = store.events.get(`select id from tasks where unit = ? and state = 'queued'`, [
      request.unit,
    ])
    if (before !== null && Number((before as Row)['id']) !== waiting) return undefined
    const { id } = enqueueTask(store, request, event.ts)
    const resumed = JSON.stringify({ ...report, step: 'rollback' })
    const { caller = null, reason = null } = request
    store.events.run('update tasks set report = ?, caller = ?, reason = ? where id = ?', [
      resumed,
      caller,
      reason,
      id,
    ])
    linkTask(store, insertEvent(store, event), id)
    return findTask(store, id)
  })
}
