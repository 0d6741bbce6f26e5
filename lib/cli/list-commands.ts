// The lists as the command line shows them: a table, or JSON for programs.
import type { Config } from '../config/config.js'
import { toJson } from '../json.js'
import { describe, no, type Result, valid } from '../result.js'
import { hookUrls } from '../senders/hook-urls.js'
import { readStore } from '../store/copy.js'
import { listEvents } from '../store/events.js'
import { parseEventQuery, parseTaskQuery } from '../store/query.js'
import { findTask, listTasks, type Task } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { describePin } from '../targets/match.js'
import { serializeEvent, serializeTask, serializeUnit } from '../tasks/serialize.js'
import { isOpen, nextOpening } from '../windows/opening.js'
import { windowsOf } from '../windows/unit-window.js'
import { formatIds, formatTable, formatTime } from './table.js'
import { formatTask } from './task-page.js'

type Options = Readonly<Record<string, unknown>> & {
  readonly json: boolean
  /** Of the terminal; undefined where nothing is to be cut. */
  readonly width: number | undefined
}

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
  const { limit } = query.value
  const found = readStore(config.stateDir, store => listEvents(store, { ...query.value, limit: limit + 1 }))
  const events = found.slice(0, limit)
  if (options.json) return valid(toJson(events.map(serializeEvent)))
  const rows = events.map(event => [
    String(event.id),
    formatTime(event.ts),
    String(event.status),
    `${event.method} ${event.path}`.trim() || '(no request)',
    event.taskIds.length > 0 ? `task ${formatIds(event.taskIds)}` : String(event.meta['ignored'] ?? ''),
  ])
  const table = formatTable(['ID', 'TIME', 'STATUS', 'REQUEST', 'RESULT'], rows, options.width)
  return valid(table + more(found.length > limit, events))
}

/** The line that says that there are older ones, and how to see them. */
const more = (areThere: boolean, shown: readonly { readonly id: number }[]): string =>
  areThere ? `older ones: --before ${shown.at(-1)?.id}, or --limit\n` : ''

export function formatTasks(
  config: Config,
  options: Options & { id: string | undefined },
  nowMs: number,
): Result<string> {
  if (options.id !== undefined) return oneTask(config, options.id, options.json)
  const query = parseTaskQuery(pick(options, COMMON), nowMs)
  if (!query.ok) return query
  const { limit } = query.value
  const found = readStore(config.stateDir, store => listTasks(store, { ...query.value, limit: limit + 1 }))
  const tasks = found.slice(0, limit)
  if (options.json) return valid(toJson(tasks.map(serializeTask)))
  const table = formatTable(['ID', 'TIME', 'UNIT', 'RESULT', 'WHY'], tasks.map(taskRow), options.width)
  return valid(table + more(found.length > limit, tasks))
}

function oneTask(config: Config, id: string, json: boolean): Result<string> {
  if (!/^[0-9]{1,15}$/.test(id))
    return no(`${id} is not the number of a task: pod-upgrade-trigger tasks lists them`)
  const task = readStore(config.stateDir, store => findTask(store, Number(id)))
  if (task === undefined) return no(`there is no task ${id}: pod-upgrade-trigger tasks lists them`)
  return valid(json ? toJson(serializeTask(task)) : formatTask(task))
}

function taskRow(task: Task): string[] {
  const { report, outcome = task.state } = task
  return [String(task.id), formatTime(task.queuedMs), task.unit, outcome, report?.why ?? '']
}

export async function formatUnits(config: Config, { json, width }: Options): Promise<string> {
  const units = await enabledUnits(config)
  if (json) {
    const told = units.map(async known => ({
      ...serializeUnit(known, config),
      ...(await windowOf(config, known.unit)),
    }))
    return toJson(await Promise.all(told))
  }
  const rows = units.map(({ unit, image, others = [], enabledBy, pin }) => [
    unit,
    enabledBy,
    `${[image ?? '(unknown)', ...others].join(', ')}${pin === undefined ? '' : ` (${describePin(pin)})`}`,
    hookUrls(unit, config).join(' ') || '(no secret is set)',
  ])
  return formatTable(['UNIT', 'ENABLED BY', 'IMAGE', 'WEBHOOK'], rows, width)
}

/** Of the unit's maintenance windows, where it has some; not for a request of ours that waits for the list. */
async function windowOf(config: Config, unit: string): Promise<object> {
  if (config.isOutside) return {}
  const found = await windowsOf(config, unit)
  if (!found.ok) return { window_problem: describe(found.problems) }
  const { value: windows } = found
  if (windows === undefined) return {}
  const now = Date.now()
  const opens = isOpen(windows.each, now) ? {} : { opens_ms: nextOpening(windows.each, now) }
  return { window: windows.text, ...opens }
}
