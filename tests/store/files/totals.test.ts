// What is counted for good: a counter that fell would look like a restart to whoever adds it up.
import { join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../../lib/config/config.js'
import { insertBufferedEvents } from '../../../lib/store/events.js'
import { openDatabase } from '../../../lib/store/files/database.js'
import { EVENTS } from '../../../lib/store/files/schema.js'
import { lastTimerRun, refusedTotals, taskTotals } from '../../../lib/store/files/totals.js'
import { prune } from '../../../lib/store/prune.js'
import type { Outcome } from '../../../lib/store/report.js'
import { withStore } from '../../../lib/store/session.js'
import type { Store } from '../../../lib/store/store.js'
import { claimTask, enqueueTask, finishTask } from '../../../lib/store/tasks.js'
import { eventNamed } from '../event.js'

function end(store: Store, unit: string, outcome: Outcome, ms: number): void {
  const request = {
    unit,
    image: 'ghcr.io/acme/web:latest',
    force: false,
    caller: undefined,
    reason: undefined,
  }
  const { id } = enqueueTask(store, request, 1)
  claimTask(store, id, { bootId: 'boot', name: 'x' }, 2)
  finishTask(store, id, outcome, { outcome }, ms)
  finishTask(store, id, 'failed', {}, ms + 1) // somebody else was first: it counts once
}

t.test('tasks, by unit and outcome, also when their rows are gone', async t => {
  const stateDir = t.testdir()
  withStore(stateDir, store => {
    end(store, 'web.service', 'updated', 1000)
    end(store, 'web.service', 'updated', 2000)
    end(store, 'web.service', 'failed', 3000)
    end(store, 'db.service', 'staged', 4000)
  })
  const config = parseConfig({ WEBHOOK_STATE_DIR: stateDir }, { uid: 0, home: '/root', envFile: undefined })
  t.equal(prune(config, 0, false, Date.now()).tasks, 4)
  withStore(stateDir, ({ events }) =>
    t.strictSame(taskTotals(events), [
      { unit: 'db.service', outcome: 'staged', total: 1, lastMs: 4000 },
      { unit: 'web.service', outcome: 'failed', total: 1, lastMs: 3000 },
      { unit: 'web.service', outcome: 'updated', total: 2, lastMs: 2000 },
    ]),
  )
})

t.test('refused requests, each once: those of a flood, and those that are too many to keep', async t => {
  withStore(t.testdir(), ({ events }) => {
    const refused = (index: number, status: number) => ({ ...eventNamed(`r${index}`), status })
    const some = [refused(1, 401), refused(2, 401), refused(3, 404), refused(4, 200)]
    insertBufferedEvents(events, some, new Map())
    insertBufferedEvents(events, some, new Map([[5, 40]])) // taken in again after a kill
    insertBufferedEvents(events, [], new Map([[5, 2]]))
    t.strictSame(
      [...refusedTotals(events)],
      [
        [0, 42],
        [401, 2],
        [404, 1],
      ],
    )
    const many = Array.from({ length: 5010 }, (_, index) => refused(100 + index, 401))
    insertBufferedEvents(events, many, new Map())
    t.equal(refusedTotals(events).get(401), 5012, 'ten rows have become a number')
    t.equal(refusedTotals(events).get(0), 42, 'which is not counted again')
  })
})

t.test('what was there before is counted when the tables are made', async t => {
  const path = join(t.testdir(), 'events.db')
  const before = openDatabase(path, EVENTS.slice(0, 3))
  const event = `insert into event_log (request_id, ts, method, path, status, action, duration_ms, meta, created_at) values`
  before.exec(`${event} ('a', 1, '', '', 401, '', 1, '{}', ''), ('b', 1, '', '', 202, '', 1, '{}', ''),
    ('c', 1, '', '', 429, 'refused', 1, '{"refused":12}', '')`)
  before.exec(`insert into tasks (unit, image, state, outcome, created_at, queued_ms, finished_ms)
    values ('web.service', 'x', 'done', 'updated', '', 1, 5), ('web.service', 'x', 'queued', null, '', 1, null)`)
  before.close()
  const after = openDatabase(path, EVENTS)
  t.strictSame(taskTotals(after), [{ unit: 'web.service', outcome: 'updated', total: 1, lastMs: 5 }])
  t.strictSame(
    [...refusedTotals(after)],
    [
      [0, 12],
      [401, 1],
    ],
  )
  after.close()
})

t.test('the last run of the timer, and of nobody else', async t => {
  withStore(t.testdir(), ({ events }) => {
    t.equal(lastTimerRun(events), undefined)
    const run = (method: string, ts: number) => ({
      ...eventNamed(`${method}${ts}`),
      method,
      ts,
      action: 'all',
    })
    insertBufferedEvents(events, [run('TIMER', 10), run('TIMER', 20), run('CLI', 30)], new Map())
    t.equal(lastTimerRun(events), 20)
  })
})
