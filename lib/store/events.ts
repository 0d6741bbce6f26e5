// event_log: what came in and what was answered, one row for every request and every run by hand or timer.
import { randomUUID } from 'node:crypto'
import { HOUR_MS } from '../sliding-window.js'
import { conditions, type Db, type Row, transaction } from './files/database.js'
import { countRefused } from './files/totals.js'
import type { EventQuery } from './query.js'
import type { Store } from './store.js'

export interface EventRecord {
  readonly requestId: string
  /** When it arrived, ms. */
  readonly ts: number
  readonly method: string
  /** Without the query, which may hold a token. */
  readonly path: string
  readonly status: number
  readonly action: string
  readonly durationMs: number
  readonly remoteAddr: string | undefined
  readonly unit: string | undefined
  /** Whose secret was shown, where it was a tenant's. */
  readonly tenant?: string | undefined
  /** `<sender>:<id>` of a verified delivery; a stranger cannot burn ids, because only verified ones are recorded. */
  readonly delivery: string | undefined
  /** SHA-256 of what makes deliveries the same work: the body, with the id before it where bodies repeat (lib/request/hook.ts). */
  readonly bodySha256: string | undefined
  readonly meta: Readonly<Record<string, unknown>>
}

export interface StoredEvent extends EventRecord {
  readonly id: number
  readonly taskIds: readonly number[]
}

/** The event of work that no request asked for: nobody has sent it, and no time was spent on an answer. */
export const eventWithoutRequest = (
  told: Pick<EventRecord, 'method' | 'path' | 'status' | 'action' | 'unit' | 'meta'>,
): EventRecord => ({
  ...told,
  requestId: randomUUID(),
  ts: Date.now(),
  durationMs: 0,
  remoteAddr: undefined,
  delivery: undefined,
  bodySha256: undefined,
})

/** Gives the row's id. */
export const insertEvent = ({ events }: Store, event: EventRecord): number => insert(events, event)

/** How many refused requests of a status are kept, and how many of those that are too many go at once. */
const MOST_REFUSED = 5000
const BATCH_ROWS = 1000

/** How many requests were refused, by the hour since 1970, of which no more is known. */
export type RefusedCounts = ReadonlyMap<number, number>

/**
 * In one transaction, but for those whose request is known. Of refused requests, which anybody can send, the newest are kept; the
 * others, and those in `counts`, are one event for each hour.
 */
export function insertBufferedEvents(
  events: Db,
  records: readonly EventRecord[],
  counts: RefusedCounts,
): void {
  transaction(events, () => {
    for (const [hour, refused] of counts) {
      addToHour(events, hour, refused)
      countRefused(events, refused)
    }
    insertNew(events, records)
    for (const status of new Set(records.map(({ status }) => status)))
      if (status >= 400) removeOldest(events, status)
  })
}

function removeOldest(events: Db, status: number): void {
  const oldest = `from event_log where status = ? and action != 'refused' and id < (select id from event_log
      where status = ? and action != 'refused' order by id desc limit 1 offset ${MOST_REFUSED - 1}) limit ${BATCH_ROWS}`
  const hours = events.all(
    `select ts / ${HOUR_MS} as hour, count(*) as refused from (select ts ${oldest}) group by hour`,
    [status, status],
  ) as Row[]
  for (const { hour, refused } of hours) addToHour(events, Number(hour), Number(refused))
  events.run(`delete from event_log where id in (select id ${oldest})`, [status, status])
}

function addToHour(events: Db, hour: number, more: number): void {
  const requestId = `00000000-0000-4000-8000-${hour.toString(16).padStart(12, '0')}`
  const known = events.get('select meta from event_log where request_id = ?', [requestId]) as Row | null
  const refused = more + (known === null ? 0 : Number(JSON.parse(String(known['meta'])).refused))
  const meta = { refused, ignored: `${refused} more requests were refused in this hour` }
  const none = { method: '', path: '', status: 429, action: 'refused', unit: undefined, meta }
  if (known === null) insert(events, { ...eventWithoutRequest(none), requestId, ts: hour * HOUR_MS })
  else events.run('update event_log set meta = ? where request_id = ?', [JSON.stringify(meta), requestId])
}

const COLUMNS = `request_id, ts, method, path, status, action, duration_ms, remote_addr, unit, delivery, body_sha256, meta,
  created_at, tenant`

/** In the order of COLUMNS. */
const valuesOf = (event: EventRecord): (string | number | null)[] => [
  event.requestId,
  event.ts,
  event.method,
  event.path,
  event.status,
  event.action,
  event.durationMs,
  event.remoteAddr ?? null,
  event.unit ?? null,
  event.delivery ?? null,
  event.bodySha256 ?? null,
  JSON.stringify(event.meta),
  new Date(event.ts).toISOString(),
  event.tenant ?? null,
]

function insert(events: Db, event: EventRecord): number {
  const values = valuesOf(event)
  const sql = `insert into event_log (${COLUMNS}) values (${values.map(() => '?').join(', ')})`
  return Number(events.run(sql, values).lastInsertRowid)
}

/** In one statement, because a statement for each costs three times as much, and a delivery may wait for it. */
function insertNew(events: Db, records: readonly EventRecord[]): void {
  const rows = records.map(valuesOf)
  const fields = rows[0]?.map((_, index) => `value ->> ${index}`).join(', ')
  if (fields === undefined) return
  const sql = `insert or ignore into event_log (${COLUMNS}) select ${fields} from json_each(?)`
  events.run(sql, [JSON.stringify(rows)])
}

/** For work that was recorded as accepted, and then could not be started. */
export function setStatus({ events }: Store, { requestId, status }: EventRecord): void {
  events.run('update event_log set status = ? where request_id = ?', [status, requestId])
}

export function linkTask({ events }: Store, eventId: number, taskId: number): void {
  events.run('insert or ignore into event_tasks (event_id, task_id) values (?, ?)', [eventId, taskId])
}

/** The tasks that the same body from the same sender led to, by the same kind of path: with or without a restart in any case. */
export function tasksOfBody(
  { events }: Store,
  { action, bodySha256 }: Pick<EventRecord, 'action' | 'bodySha256'>,
  force: boolean,
): number[] {
  const rows = events.all(
    `select distinct task_id from event_log join event_tasks on event_id = event_log.id
       where body_sha256 = ? and action = ? and (path like '/hooks/%/%/redeploy') = ? order by task_id`,
    [bodySha256 ?? null, action, force],
  ) as Row[]
  return rows.map(row => Number(row['task_id']))
}

/** The newest first. A unit's events are those that named it, and those that made a task for it. */
export function listEvents({ events }: Store, query: EventQuery): StoredEvent[] {
  const { where, values } = conditions([
    ['ts >= ?', query.since],
    ['id < ?', query.before],
    ['status = ?', query.status],
    ['action = ?', query.action],
    ['request_id = ?', query.request_id],
    ['tenant = ?', query.tenant],
    ['method = ?', query.method],
    [
      `id in (select id from event_log where unit = ? union select event_id from event_tasks
         where task_id in (select id from tasks where unit = ?))`,
      query.unit,
    ],
  ])
  const sql = `select *, (select json_group_array(task_id) from event_tasks where event_id = event_log.id) as tasks
       from event_log ${where} order by id desc limit ?`
  return (events.all(sql, [...values, query.limit]) as Row[]).map(readEvent)
}

function readEvent(row: Row): StoredEvent {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]))
  return {
    id: Number(row['id']),
    requestId: String(row['request_id']),
    ts: Number(row['ts']),
    method: String(row['method']),
    path: String(row['path']),
    status: Number(row['status']),
    action: String(row['action']),
    durationMs: Number(row['duration_ms']),
    remoteAddr: text('remote_addr'),
    unit: text('unit'),
    tenant: text('tenant'),
    delivery: text('delivery'),
    bodySha256: text('body_sha256'),
    meta: JSON.parse(String(row['meta'])),
    taskIds: JSON.parse(String(row['tasks'])),
  }
}
