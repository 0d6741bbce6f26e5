// The lists as the command line shows them: a table, or JSON for programs.
import type { Config } from '../config/config.js'
import { toJson } from '../json.js'
import { no, type Result, valid } from '../result.js'
import { readStore } from '../store/copy.js'
import { listEvents } from '../store/events.js'
import { parseEventQuery, parseTaskQuery } from '../store/query.js'
import { findTask, listTasks, type Task } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { describePin, hookUrl } from '../targets/match.js'
import { serializeEvent, serializeTask, serializeUnit } from '../tasks/serialize.js'
import { formatTable, formatTime } from './table.js'

type Options = Readonly<Record<string, unknown>> & { readonly json: boolean }

/** The options of these names, as the query's parser wants them. */
function pick(options: Options, names: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const given = Object.entries(names).filter(([, option]) => options[option] !== undefined)
  return Object.fromEntries(given.map(([field, option]) => [field, String(options[option])]))
}

const COMMON = { since: 'since', unit: 'unit', status: 'status', before: 'before', limit: 'limit' }

export function formatEvents(config: Config, options: Options, nowMs: number): Result<string> {
  const query = parseEventQuery(
    pick(options, { ...COMMON, action: 'action', request_id: 'requestId' }),
    nowMs,
  )
  if (!query.ok) return query
  const events = readStore(config.stateDir, store => listEvents(store, query.value))
  if (options.json) return valid(toJson(events.map(serializeEvent)))
  const rows = events.map(event => [
    String(event.id),
    formatTime(event.ts),
    String(event.status),
    `${event.method} ${event.path}`.trim() || '(no request)',
    event.taskIds.length > 0 ? `task ${event.taskIds.join(', ')}` : String(event.meta['ignored'] ?? ''),
  ])
  return valid(formatTable(['ID', 'TIME', 'STATUS', 'REQUEST', 'RESULT'], rows))
}

export function formatTasks(
  config: Config,
  options: Options & { id: number | undefined },
  nowMs: number,
): Result<string> {
  if (options.id !== undefined) return oneTask(config, options.id)
  const query = parseTaskQuery(pick(options, COMMON), nowMs)
  if (!query.ok) return query
  const tasks = readStore(config.stateDir, store => listTasks(store, query.value))
  return valid(
    options.json
      ? toJson(tasks.map(serializeTask))
      : formatTable(['ID', 'TIME', 'UNIT', 'RESULT', 'WHY'], tasks.map(taskRow)),
  )
}

function oneTask(config: Config, id: number): Result<string> {
  const task = readStore(config.stateDir, store => findTask(store, id))
  return task === undefined ? no(`there is no task ${id}`) : valid(toJson(serializeTask(task)))
}

function taskRow(task: Task): string[] {
  const { report, outcome = task.state } = task
  return [String(task.id), formatTime(task.queuedMs), task.unit, outcome, report?.why ?? '']
}

export async function formatUnits(config: Config, json: boolean): Promise<string> {
  const units = await enabledUnits(config)
  if (json) return toJson(units.map(unit => serializeUnit(unit, config.publicUrl)))
  const rows = units.map(({ unit, image, others = [], enabledBy, pin }) => [
    unit,
    enabledBy,
    `${[image ?? '(unknown)', ...others].join(', ')}${pin === undefined ? '' : ` (${describePin(pin)})`}`,
    hookUrl(unit, config.publicUrl),
  ])
  return formatTable(['UNIT', 'ENABLED BY', 'IMAGE', 'WEBHOOK'], rows)
}
