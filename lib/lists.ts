// The lists as the command line shows them: a table, or JSON for programs.
import type { Config } from './config.js'
import { enabledUnits } from './enabled.js'
import { hookUrl } from './match.js'
import { type Problems, parseEventQuery, parseTaskQuery } from './query.js'
import type { Report } from './report.js'
import { showEvent, showTask, showUnit } from './show.js'
import { listEvents } from './store/events.js'
import { withStore } from './store/store.js'
import { findTask, listTasks, type Task } from './store/tasks.js'
import { formatTable, formatTime } from './table.js'

type Options = Readonly<Record<string, unknown>> & { readonly json: boolean }

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The options of these names, as the query's parser wants them. */
function pick(options: Options, names: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const given = Object.entries(names).filter(([, option]) => options[option] !== undefined)
  return Object.fromEntries(given.map(([field, option]) => [field, String(options[option])]))
}

const COMMON = { since: 'since', unit: 'unit', status: 'status', before: 'before', limit: 'limit' }

export function showEvents(config: Config, options: Options, nowMs: number): string | Problems {
  const query = parseEventQuery(
    pick(options, { ...COMMON, action: 'action', request_id: 'requestId' }),
    nowMs,
  )
  if (!('limit' in query)) return query
  const events = withStore(config.stateDir, store => listEvents(store, query))
  if (options.json) return toJson(events.map(showEvent))
  const rows = events.map(event => [
    String(event.id),
    formatTime(event.ts),
    String(event.status),
    `${event.method} ${event.path}`.trim() || '(no request)',
    event.taskIds.length > 0 ? `task ${event.taskIds.join(', ')}` : String(event.meta['ignored'] ?? ''),
  ])
  return formatTable(['ID', 'TIME', 'STATUS', 'REQUEST', 'RESULT'], rows)
}

export function showTasks(
  config: Config,
  options: Options & { id: number | undefined },
  nowMs: number,
): string | Problems {
  if (options.id !== undefined) return oneTask(config, options.id)
  const query = parseTaskQuery(pick(options, COMMON), nowMs)
  if (!('limit' in query)) return query
  const tasks = withStore(config.stateDir, store => listTasks(store, query))
  return options.json
    ? toJson(tasks.map(showTask))
    : formatTable(['ID', 'TIME', 'UNIT', 'RESULT', 'WHY'], tasks.map(taskRow))
}

function oneTask(config: Config, id: number): string | Problems {
  const task = withStore(config.stateDir, store => findTask(store, id))
  return task === undefined ? [{ field: '', message: `there is no task ${id}` }] : toJson(showTask(task))
}

function taskRow(task: Task): string[] {
  const why = ((task.report ?? {}) as Report).why ?? ''
  return [String(task.id), formatTime(task.queuedMs), task.unit, task.outcome ?? task.state, why]
}

export async function showUnits(config: Config, json: boolean): Promise<string> {
  const units = await enabledUnits(config)
  if (json) return toJson(units.map(unit => showUnit(unit, config.publicUrl)))
  const rows = units.map(({ unit, image, enabledBy }) => [
    unit,
    enabledBy,
    image ?? '(unknown)',
    hookUrl(unit, config.publicUrl),
  ])
  return formatTable(['UNIT', 'ENABLED BY', 'IMAGE', 'WEBHOOK'], rows)
}
