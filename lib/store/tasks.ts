// Tasks: one unit to upgrade, once. All transitions are here, and nowhere else:
//
//   from      what happens                                  to        function
//   (none)    an event asks, none is queued for the unit    queued    enqueueTask
//   queued    another event asks: it is linked, not added   queued    enqueueTask
//   queued    a process takes it, holding the unit's lock   running   claimTask
//   running   it ends, well or not, or is interrupted       done      finishTask
//   running   its process is gone (we could take its lock)  queued    requeueTask
//
// Two partial unique indexes allow one queued and one running task for a unit, whatever the code above them does.
import { conditions, type Row } from './files/database.js'
import type { TaskQuery } from './query.js'
import type { Outcome, Report } from './report.js'
import type { Store } from './store.js'

export type TaskState = 'queued' | 'running' | 'done'

export interface TaskRequest {
  readonly unit: string
  /** The unit's own reference, as configured when the task was made. */
  readonly image: string
  readonly force: boolean
  readonly caller: string | undefined
  readonly reason: string | undefined
}

export interface Task extends TaskRequest {
  readonly id: number
  readonly state: TaskState
  readonly outcome: Outcome | undefined
  readonly queuedMs: number
  readonly startedMs: number | undefined
  readonly finishedMs: number | undefined
  readonly bootId: string | undefined
  readonly owner: string | undefined
  readonly attempts: number
  readonly report: Report | undefined
}

/** A task whose process was lost this often is not tried again by itself. */
const MAX_ATTEMPTS = 3

/** The queued task of the unit: an existing one, made to force if this request does, or a new one. */
export function enqueueTask(store: Store, request: TaskRequest, nowMs: number): Task {
  const queued = store.events.get(`select id from tasks where unit = ? and state = 'queued'`, [
    request.unit,
  ]) as Row | null
  if (queued !== null) {
    if (request.force) store.events.run('update tasks set force = 1 where id = ?', [Number(queued['id'])])
    return findTask(store, Number(queued['id']))!
  }
  const { lastInsertRowid } = store.events.run(
    `insert into tasks (unit, image, state, force, caller, reason, created_at, queued_ms)
       values (?, ?, 'queued', ?, ?, ?, ?, ?)`,
    [
      request.unit,
      request.image,
      request.force,
      request.caller ?? null,
      request.reason ?? null,
      new Date(nowMs).toISOString(),
      nowMs,
    ],
  )
  return findTask(store, Number(lastInsertRowid))!
}

/** Who runs a task: a boot, and within it a process or a unit. */
export interface Owner {
  readonly bootId: string
  readonly name: string
}

/** queued to running. Undefined where it is not queued any more: somebody else had it, so there is nothing to do. */
export function claimTask(store: Store, id: number, owner: Owner, nowMs: number): Task | undefined {
  const { changes } = store.events.run(
    `update tasks set state = 'running', started_ms = ?, boot_id = ?, owner = ?, attempts = attempts + 1
       where id = ? and state = 'queued'`,
    [nowMs, owner.bootId, owner.name, id],
  )
  return changes === 1 ? findTask(store, id) : undefined
}

/** running to done. Gives false where it was not running, which means that somebody judged us lost. */
export function finishTask(
  store: Store,
  id: number,
  outcome: Outcome,
  report: object,
  nowMs: number,
): boolean {
  const { changes } = store.events.run(
    `update tasks set state = 'done', outcome = ?, report = ?, finished_ms = ? where id = ? and state = 'running'`,
    [outcome, JSON.stringify(report), nowMs, id],
  )
  return changes === 1
}

/** What a running task knows so far; a run that resumes it begins with it. */
export function saveProgress({ events }: Store, id: number, report: object): void {
  events.run(`update tasks set report = ? where id = ? and state = 'running'`, [JSON.stringify(report), id])
}

export function findTask({ events }: Store, id: number): Task | undefined {
  const row = events.get('select * from tasks where id = ?', [id]) as Row | null
  return row === null ? undefined : readTask(row)
}

/** running to queued, or to done as failed after too many tries: its process is gone, as the caller has made sure. */
export function requeueTask(store: Store, task: Task, why: string, nowMs: number): void {
  if (task.attempts >= MAX_ATTEMPTS) {
    finishTask(
      store,
      task.id,
      'failed',
      { ...task.report, step: undefined, outcome: 'failed', why: `${why}, ${task.attempts} times` },
      nowMs,
    )
    return
  }
  const other = store.events.get(`select id from tasks where unit = ? and state = 'queued'`, [
    task.unit,
  ]) as Row | null
  if (other === null) {
    store.events.run(`update tasks set state = 'queued', boot_id = null, owner = null where id = ?`, [
      task.id,
    ])
    return
  }
  // The queued one takes this one's place: its events, its force and how far it got are moved there.
  const id = Number(other['id'])
  store.events.run(
    'update tasks set force = max(force, ?), report = (select report from tasks where id = ?) where id = ?',
    [task.force, task.id, id],
  )
  store.events.run('update or ignore event_tasks set task_id = ? where task_id = ?', [id, task.id])
  finishTask(
    store,
    task.id,
    'skipped',
    { outcome: 'skipped', why: `${why}; task ${id} does it`, steps: {} },
    nowMs,
  )
}

/** `<sender>:<id>` of the deliveries that asked for it, the first of them first. */
export const deliveriesOf = ({ events }: Store, id: number): string[] =>
  (
    events.all(
      `select delivery from event_tasks join event_log on event_log.id = event_id
         where task_id = ? and delivery is not null group by delivery order by min(event_id)`,
      [id],
    ) as Row[]
  ).map(row => String(row['delivery']))

/** Queued and running ones, the oldest first. */
export function unfinishedTasks({ events }: Store): Task[] {
  return (events.all(`select * from tasks where state in ('queued', 'running') order by id`) as Row[]).map(
    readTask,
  )
}

/** The newest first. */
export function listTasks({ events }: Store, query: TaskQuery): Task[] {
  const column = ['queued', 'running', 'done'].includes(query.status ?? '') ? 'state' : 'outcome'
  const { where, values } = conditions([
    ['queued_ms >= ?', query.since],
    ['id < ?', query.before],
    ['unit = ?', query.unit],
    ['unit in (select value from json_each(?))', json(query.units)],
    [`${column} = ?`, query.status],
    ['ifnull(outcome, state) in (select value from json_each(?))', json(query.statuses)],
  ])
  const sql = `select * from tasks ${where} order by id desc limit ?`
  return (events.all(sql, [...values, query.limit]) as Row[]).map(readTask)
}

const json = (list: readonly string[] | undefined) => list && JSON.stringify(list)

function readTask(row: Row): Task {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]))
  const number = (name: string) => (row[name] === null ? undefined : Number(row[name]))
  return {
    id: Number(row['id']),
    unit: String(row['unit']),
    image: String(row['image']),
    state: row['state'] as TaskState,
    outcome: (row['outcome'] ?? undefined) as Outcome | undefined,
    force: row['force'] === 1,
    caller: text('caller'),
    reason: text('reason'),
    queuedMs: Number(row['queued_ms']),
    startedMs: number('started_ms'),
    finishedMs: number('finished_ms'),
    bootId: text('boot_id'),
    owner: text('owner'),
    attempts: Number(row['attempts']),
    report: row['report'] === null ? undefined : JSON.parse(String(row['report'])),
  }
}
