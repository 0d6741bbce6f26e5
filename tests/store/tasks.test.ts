// The table at the head of lib/store/tasks.ts, arrow by arrow, on a real file: and what must not be possible.
import t, { type Test } from 'tap'
import { insertEvent, linkTask, listEvents, tasksOfBody } from '../../lib/store/events.js'
import { withStore } from '../../lib/store/session.js'
import type { Store } from '../../lib/store/store.js'
import {
  claimTask,
  enqueueTask,
  findTask,
  finishTask,
  listTasks,
  requeueTask,
  saveProgress,
  type TaskRequest,
  unfinishedTasks,
} from '../../lib/store/tasks.js'
import { matchAll } from '../support/match-all.js'
import { eventNamed } from './event.js'

const REQUEST: TaskRequest = {
  unit: 'web.service',
  image: 'ghcr.io/acme/web:latest',
  force: false,
  caller: 'github',
  reason: undefined,
}
const OWNER = { bootId: 'boot', name: 'pod-upgrade-trigger-task-1.service' }

const story = (name: string, tell: (t: Test, store: Store) => void): unknown =>
  t.test(name, async t => withStore(t.testdir(), store => tell(t, store)))

const add = (store: Store, more: Partial<TaskRequest> = {}) =>
  enqueueTask(store, { ...REQUEST, ...more }, 1000)
const claim = (store: Store, id: number) => claimTask(store, id, OWNER, 2000)

story('none -> queued -> running -> done', (t, store) => {
  const { id } = add(store)
  t.match(findTask(store, id), { ...REQUEST, state: 'queued', queuedMs: 1000, attempts: 0 })
  t.match(claim(store, id), {
    state: 'running',
    startedMs: 2000,
    bootId: 'boot',
    owner: OWNER.name,
    attempts: 1,
  })
  saveProgress(store, id, { step: 'pull' })
  t.match(findTask(store, id), { state: 'running', report: { step: 'pull' } })
  t.ok(finishTask(store, id, 'updated', { outcome: 'updated' }, 3000))
  t.match(findTask(store, id), { state: 'done', outcome: 'updated', finishedMs: 3000 })
  t.strictSame(unfinishedTasks(store), [])
})

story('queued, asked for again: the same task, which forces if any of them did', (t, store) => {
  const { id } = add(store)
  t.match(add(store), { id, force: false })
  t.match(add(store, { force: true }), { id, force: true })
  t.match(add(store), { id, force: true })
  t.not(add(store, { unit: 'db.service' }).id, id, 'another unit is another task')
})

story('running, asked for: one more is queued, and that is all there can be', (t, store) => {
  const first = add(store)
  claim(store, first.id)
  const second = add(store)
  t.not(second.id, first.id)
  t.equal(add(store).id, second.id)
  t.throws(() => claim(store, second.id), /UNIQUE/, 'two running ones of a unit cannot be written')
  t.strictSame(
    unfinishedTasks(store).map(({ state }) => state),
    ['running', 'queued'],
  )
})

story('a task is claimed once, and finished once', (t, store) => {
  const { id } = add(store)
  t.equal(finishTask(store, id, 'updated', {}, 1), false, 'not while it is queued')
  t.ok(claim(store, id))
  t.equal(claim(store, id), undefined)
  t.equal(finishTask(store, id, 'failed', {}, 1), true)
  t.equal(finishTask(store, id, 'updated', {}, 1), false)
  t.equal(claim(store, id), undefined)
  t.equal(claim(store, 99), undefined, 'nor one that is not there')
  t.match(findTask(store, id), { outcome: 'failed' })
})

story('lost: queued again, with how far it got, twice; the third time it is reported', (t, store) => {
  const { id } = add(store)
  for (const attempt of [1, 2]) {
    t.match(claim(store, id), { attempts: attempt })
    saveProgress(store, id, { step: 'restart', old: { id: 'a' } })
    requeueTask(store, findTask(store, id)!, 'its process was killed', 3000)
    t.match(findTask(store, id), {
      state: 'queued',
      owner: undefined,
      report: { step: 'restart', old: { id: 'a' } },
    })
  }
  claim(store, id)
  requeueTask(store, findTask(store, id)!, 'its process was killed', 3000)
  t.match(findTask(store, id), {
    state: 'done',
    outcome: 'failed',
    report: { why: 'its process was killed, 3 times' },
  })
})

story('lost while another is queued: that one does it, knowing what this one knew', (t, store) => {
  const lost = add(store, { force: true })
  claim(store, lost.id)
  saveProgress(store, lost.id, { step: 'watch', old: { id: 'a' } })
  const eventId = insertEvent(store, eventNamed('one'))
  linkTask(store, eventId, lost.id)
  const queued = add(store)
  requeueTask(store, findTask(store, lost.id)!, 'its process was killed', 3000)
  t.match(findTask(store, queued.id), {
    state: 'queued',
    force: true,
    report: { step: 'watch', old: { id: 'a' } },
  })
  t.match(findTask(store, lost.id), { outcome: 'skipped', report: { why: /task 2 does it/ } })
  matchAll(
    t,
    listEvents(store, { limit: 9 }),
    [{ taskIds: [queued.id] }],
    'its event leads to the one that does it',
  )
})

story('lost while another is queued, and one event led to both', (t, store) => {
  const lost = add(store)
  const eventId = insertEvent(store, eventNamed('one'))
  linkTask(store, eventId, lost.id)
  claim(store, lost.id)
  const queued = add(store)
  linkTask(store, eventId, queued.id)
  requeueTask(store, findTask(store, lost.id)!, 'its process was killed', 3000)
  const [event] = listEvents(store, { limit: 9 })
  t.ok(event?.taskIds.includes(queued.id))
})

story('every event of a burst leads to the task that answers it', (t, store) => {
  for (const name of ['a', 'b', 'c']) linkTask(store, insertEvent(store, eventNamed(name)), add(store).id)
  t.strictSame(
    listEvents(store, { limit: 9 }).map(({ requestId, taskIds }) => [requestId, taskIds]),
    [
      ['c', [1]],
      ['b', [1]],
      ['a', [1]],
    ],
  )
})

story(
  'a delivery is known by its body: what is not signed can be changed by whoever has seen it',
  (t, store) => {
    const came = (id: string, path: string) =>
      linkTask(
        store,
        insertEvent(store, eventNamed(id, { action: 'hook-github', path, bodySha256: 'x' })),
        add(store, { unit: `${id}.service` }).id,
      )
    const tasks = (bodySha256: string | undefined, force: boolean, action = 'hook-github') =>
      tasksOfBody(store, { action, bodySha256 }, force)
    came('a', '/hooks/github')
    came('b', '/hooks/github/redeploy') // a unit of that name
    came('c', '/hooks/github/web/redeploy')
    t.strictSame(tasks('x', false), [1, 2])
    t.strictSame(tasks('x', true), [3], 'a restart in any case is other work')
    t.strictSame(tasks('y', false), [], 'another body')
    t.strictSame(tasks('x', false, 'hook-gitlab'), [], 'another sender')
    t.strictSame(tasks(undefined, false), [], 'no body at all')
  },
)

story('lists: the newest first, filtered, a page at a time', (t, store) => {
  for (const unit of ['a', 'b', 'a', 'b', 'a']) {
    const { id } = enqueueTask(
      store,
      { ...REQUEST, unit: `${unit}.service` },
      1000 + unfinishedTasks(store).length,
    )
    claim(store, id)
    finishTask(store, id, unit === 'a' ? 'failed' : 'updated', {}, 4000)
    linkTask(store, insertEvent(store, eventNamed(`r${id}`, { ts: id, status: 200 + id, action: unit })), id)
  }
  const tasks = (query: object) => listTasks(store, { limit: 9, ...query }).map(({ id }) => id)
  t.strictSame(tasks({}), [5, 4, 3, 2, 1])
  t.strictSame(tasks({ limit: 2 }), [5, 4])
  t.strictSame(tasks({ limit: 2, before: 4 }), [3, 2])
  t.strictSame(tasks({ unit: 'b.service' }), [4, 2])
  t.strictSame(tasks({ status: 'failed' }), [5, 3, 1])
  t.strictSame(tasks({ status: 'done', before: 3 }), [2, 1])
  t.strictSame(tasks({ status: 'queued' }), [])
  const events = (query: object) => listEvents(store, { limit: 9, ...query }).map(({ id }) => id)
  t.strictSame(events({ since: 4 }), [5, 4])
  t.strictSame(events({ unit: 'a.service' }), [5, 3, 1], 'those that made a task for it')
  t.strictSame(events({ status: 203 }), [3])
  t.strictSame(events({ action: 'b' }), [4, 2])
  t.strictSame(events({ request_id: 'r2' }), [2])
  t.strictSame(events({ before: 3, limit: 1 }), [2])
})
