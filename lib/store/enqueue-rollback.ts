// A task that begins where a rollback does: for an upgrade that has ended, well as it seemed then.
import { type EventRecord, insertEvent, linkTask } from './events.js'
import { transaction } from './files/database.js'
import type { Report } from './report.js'
import type { Store } from './store.js'
import { enqueueTask, findTask, type Task, type TaskRequest } from './tasks.js'

/**
 * A queued task that goes back to an image, for an upgrade that has ended, with the event that asked for it. Undefined, and nothing
 * recorded, where one is queued for the unit already: that one will look at it.
 */
export function enqueueRollback(
  store: Store,
  request: TaskRequest,
  report: Report,
  event: EventRecord,
): Task | undefined {
  return transaction(store.events, () => {
    const before = store.events.get(`select 1 from tasks where unit = ? and state = 'queued'`, [request.unit])
    if (before !== null) return undefined
    const { id } = enqueueTask(store, request, event.ts)
    const resumed = JSON.stringify({ ...report, step: 'rollback' })
    store.events.run('update tasks set report = ? where id = ?', [resumed, id])
    linkTask(store, insertEvent(store, event), id)
    return findTask(store, id)
  })
}
