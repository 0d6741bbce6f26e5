// The ways in that are not webhooks, for a caller that has shown a token: /auto-update, and the JSON API. The lists and
// the plan change nothing. A part of its own in the build (bin/build.mjs), so what fails here is made an answer here.
import { setTimeout as sleep } from 'node:timers/promises'
import { accept, limited } from './accept.js'
import { type Answer, json, problem } from './answer.js'
import { type Ask, parseAsk } from './ask.js'
import type { Config } from './config.js'
import type { Incoming } from './connection.js'
import { enabledUnits } from './enabled.js'
import { refuse } from './errors.js'
import { failure } from './failure.js'
import { chooseTargets, type Target } from './match.js'
import { parseJsonBytes } from './payload.js'
import { type Problem, type Problems, parseEventQuery, parseTaskQuery } from './query.js'
import { queryOf, type Route } from './route.js'
import { containersFromAnywhere } from './sandbox.js'
import { showEvent, showTask, showUnit } from './show.js'
import { leave } from './spool.js'
import { insertEvent, listEvents } from './store/events.js'
import { takeHit } from './store/hits.js'
import { waitBriefly, waitLonger } from './store/patience.js'
import { withStore } from './store/store.js'
import { findTask, listTasks } from './store/tasks.js'
import { start, startArgv } from './systemd.js'
import { planCommands } from './trigger.js'
import { eventOf, type Visit } from './visit.js'

type ApiRoute = Exclude<Route, { kind: 'health' | 'hook' }>

const UNSEEN = refuse(404, 'tasks are not seen from here: run `pod-upgrade-trigger tasks` on the host')
const MAX_WAIT_SECS = 60
const POLL_MS = 250

/** Answers one call, whatever fails. */
export function api(request: Incoming, route: ApiRoute, config: Config, visit: Visit): Promise<Answer> {
  waitBriefly()
  return dispatch(request, route, config, visit).catch(error => failure(error, visit))
}

async function dispatch(request: Incoming, route: ApiRoute, config: Config, visit: Visit): Promise<Answer> {
  const query = queryOf(request.target)
  if (config.spool !== undefined && (route.kind === 'tasks' || route.kind === 'task')) return problem(UNSEEN)
  switch (route.kind) {
    case 'auto-update':
      waitLonger(request)
      return autoUpdate(config, visit)
    case 'trigger':
      return trigger(request, route.unit, config, visit)
    case 'units':
      return json(200, {
        units: (await enabledUnits(config)).map(unit => showUnit(unit, config.publicUrl)),
      })
    case 'events': {
      const asked = parseEventQuery(query, visit.ts)
      return 'limit' in asked
        ? json(200, { events: withStore(config.stateDir, store => listEvents(store, asked)).map(showEvent) })
        : wrong(asked)
    }
    case 'tasks': {
      const asked = parseTaskQuery(query, visit.ts)
      return 'limit' in asked
        ? json(200, { tasks: withStore(config.stateDir, store => listTasks(store, asked)).map(showTask) })
        : wrong(asked)
    }
    case 'task':
      return task(request, route.id, query['wait'], config)
  }
}

function wrong(errors: Problems): Answer {
  const detail = errors.map(({ field, message }) => `${field} ${message}`.trim()).join('; ')
  return problem(refuse(422, detail), { errors })
}

async function autoUpdate(config: Config, visit: Visit): Promise<Answer> {
  const unit = config.autoUpdateUnit
  visit.unit = unit
  const verdict = withStore(config.stateDir, store => {
    const taken = takeHit(store.rateLimits, 'auto-update', config.callLimits, Date.now())
    // From a spool it is recorded by whoever takes it up.
    if (taken.allowed && config.spool === undefined) insertEvent(store, eventOf(visit, 202, Date.now()))
    return taken
  })
  if (!verdict.allowed) return limited(verdict.retryAfterSecs, visit)
  visit.recorded = true
  if (config.spool === undefined) await start(config.scope, unit)
  else leave(config.spool.dir, { event: eventOf(visit, 202, Date.now()), units: [unit] })
  return json(202, { request_id: visit.requestId, status: 'accepted', unit })
}

async function trigger(
  request: Incoming,
  unit: string | undefined,
  config: Config,
  visit: Visit,
): Promise<Answer> {
  const body = await request.readBody(config.maxBodyBytes)
  if ('status' in body) return problem(body)
  const parsed = body.length === 0 ? { value: {} } : parseJsonBytes(body)
  if (parsed === undefined) return problem(refuse(400, 'the body is not JSON in UTF-8'))
  const ask = parseAsk(parsed.value, unit)
  if ('length' in ask) return wrong(ask)
  Object.assign(visit.meta, { caller: ask.caller, reason: ask.reason, dry_run: ask.dryRun || undefined })
  const targets = chooseTargets(ask, await enabledUnits(config))
  if (isProblems(targets)) return wrong(unit === undefined ? targets : targets.map(inPath))
  if (ask.dryRun)
    return json(200, { request_id: visit.requestId, dry_run: true, plan: await plan(config, ask, targets) })
  const { all, force, caller = 'api', reason } = ask
  waitLonger(request)
  return accept({ targets, all, force, caller, reason, limit: { call: 'api' } }, config, visit)
}

/** The unit in the path is no place in a list. */
const inPath = ({ field, message }: Problem): Problem => ({
  field: field.startsWith('units.') ? 'unit' : field,
  message,
})

const isProblems = (targets: readonly Target[] | Problems): targets is Problems =>
  targets.some(one => 'field' in one)

async function plan(config: Config, { all }: Ask, targets: readonly Target[]): Promise<object[]> {
  // From a spool's sandbox nothing runs that could be seen.
  const running = config.spool === undefined ? await containersFromAnywhere(config) : []
  const units = targets.map(target => ({ ...target, commands: planCommands(config, target, running) }))
  const last = { unit: config.autoUpdateUnit, commands: [startArgv(config.scope, config.autoUpdateUnit)] }
  return all ? [...units, last] : units
}

/** One task; with `wait`, as soon as it is done, or as it is when the seconds are over. */
async function task(
  request: Incoming,
  id: number,
  wait: string | undefined,
  config: Config,
): Promise<Answer> {
  if (wait !== undefined && !(/^[0-9]{1,2}$/.test(wait) && Number(wait) <= MAX_WAIT_SECS)) {
    return wrong([{ field: 'wait', message: `must be a number of seconds, at most ${MAX_WAIT_SECS}` }])
  }
  const waitMs = Number(wait ?? 0) * 1000
  request.allowMs(config.requestTimeoutMs + waitMs)
  for (const end = Date.now() + waitMs; ; await sleep(POLL_MS)) {
    const found = withStore(config.stateDir, store => findTask(store, id))
    if (found === undefined) return problem(refuse(404, `there is no task ${id}`))
    if (found.state === 'done' || Date.now() >= end) return json(200, showTask(found))
  }
}
