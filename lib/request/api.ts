// The ways in that are not webhooks, for a caller that has shown a token: /auto-update, and the JSON API. The lists and
// the plan change nothing.
// Built as a part of its own.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/config.js'
import { isWithin, type Reach } from '../config/tenants.js'
import { httpError } from '../errors.js'
import { start, startArgv } from '../host/systemd.js'
import { outside } from '../host/transient-units.js'
import type { Incoming } from '../http/connection.js'
import { type HttpResponse, jsonResponse, problemResponse } from '../http/response.js'
import { parseJsonBytes } from '../json.js'
import { describe, type Problem, type Problems } from '../result.js'
import { writeEntry } from '../spool/write.js'
import { insertEvent, listEvents } from '../store/events.js'
import { extendRequestTimeout, useRequestTimeout } from '../store/files/lock-timeout.js'
import { parseEventQuery, parseTaskQuery } from '../store/query.js'
import { tryAcquire } from '../store/rate-limit.js'
import { withStore } from '../store/session.js'
import { findTask, listTasks } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { chooseTargets, type KnownUnit, type Target } from '../targets/match.js'
import { isSandboxed } from '../targets/outside.js'
import { planUpgrades, serializePlan } from '../tasks/plan.js'
import { callLimit } from '../tasks/rate-limits.js'
import { serializeEvent, serializeTask, serializeUnit } from '../tasks/serialize.js'
import { accept, rateLimited } from './accept.js'
import { eventFromContext, type RequestContext } from './request-context.js'
import { queryOf, type Route } from './route.js'
import { parseTriggerBody, type TriggerBody } from './trigger-body.js'

type ApiRoute = Exclude<Route, { kind: 'health' | 'page' | 'hook' }>

const UNSEEN = httpError(404, 'tasks cannot be read from here: run `pod-upgrade-trigger tasks` on the host')
const MAX_WAIT_SECS = 60
const POLL_MS = 250

/** A call whose token is known. */
export interface Call {
  readonly request: Incoming
  readonly route: ApiRoute
  /** All else is, to this caller, as if it were not there. */
  readonly reach: Reach
}

/** Answers one call. Throws what fails. */
export async function api(
  { request, route, reach }: Call,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  useRequestTimeout()
  const query = queryOf(request.target)
  if (config.spool !== undefined && (route.kind === 'tasks' || route.kind === 'task'))
    return problemResponse(UNSEEN)
  switch (route.kind) {
    case 'auto-update':
      extendRequestTimeout(request)
      return autoUpdate(config, context)
    case 'trigger':
      return trigger(request, route.unit, reach, config, context)
    case 'units':
      return jsonResponse(200, {
        units: (await reachedUnits(config, reach)).map(unit => serializeUnit(unit, config)),
      })
    case 'events': {
      const asked = parseEventQuery(query, context.ts)
      if (!asked.ok) return invalidRequest(asked.problems)
      const events = withStore(config.stateDir, store =>
        listEvents(store, { ...asked.value, tenant: reach.tenant }),
      )
      return jsonResponse(200, { events: events.map(serializeEvent) })
    }
    case 'tasks': {
      const asked = parseTaskQuery(query, context.ts)
      if (!asked.ok) return invalidRequest(asked.problems)
      const tasks = withStore(config.stateDir, store =>
        listTasks(store, { ...asked.value, units: reach.units }),
      )
      return jsonResponse(200, { tasks: tasks.map(serializeTask) })
    }
    case 'task':
      return task(request, route.id, query['wait'], reach, config)
  }
}

const reachedUnits = async (config: Config, reach: Reach): Promise<readonly KnownUnit[]> =>
  (await enabledUnits(config)).filter(({ unit }) => isWithin(reach, unit))

function invalidRequest(errors: Problems): HttpResponse {
  return problemResponse(httpError(422, describe(errors)), { errors })
}

async function autoUpdate(config: Config, context: RequestContext): Promise<HttpResponse> {
  const unit = config.autoUpdateUnit
  context.unit = unit
  const verdict = withStore(config.stateDir, store => {
    const taken = tryAcquire(store.rateLimits, 'auto-update', config.callLimits, Date.now())
    // A spool entry is recorded by the process that carries it out.
    if (taken.allowed && config.spool === undefined)
      insertEvent(store, eventFromContext(context, 202, Date.now()))
    return taken
  })
  if (!verdict.allowed) return rateLimited(verdict.retryAfterSecs, context)
  context.recorded = true
  if (config.spool === undefined) await start(config.scope, unit)
  else
    writeEntry(config.spool.dir, {
      event: eventFromContext(context, 202, Date.now()),
      units: [],
      all: false,
      force: false,
    })
  return jsonResponse(202, { request_id: context.requestId, status: 'accepted', unit })
}

async function trigger(
  request: Incoming,
  unit: string | undefined,
  reach: Reach,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  const body = await request.readBody(config.maxBodyBytes)
  if ('status' in body) return problemResponse(body)
  const parsed = body.length === 0 ? { value: {} } : parseJsonBytes(body)
  if (parsed === undefined) return problemResponse(httpError(400, 'the body is not JSON in UTF-8'))
  const asked = parseTriggerBody(parsed.value, unit)
  if (!asked.ok) return invalidRequest(asked.problems)
  // All that one may reach is not all there is: podman's own update is the owner's.
  const ask = { ...asked.value, all: asked.value.all && reach.units === undefined }
  Object.assign(context.meta, { caller: ask.caller, reason: ask.reason, dry_run: ask.dryRun || undefined })
  const chosen = chooseTargets(asked.value, await reachedUnits(config, reach))
  if (!chosen.ok) return invalidRequest(unit === undefined ? chosen.problems : chosen.problems.map(inPath))
  const targets = chosen.value
  if (ask.dryRun)
    return jsonResponse(200, {
      request_id: context.requestId,
      dry_run: true,
      plan: await plan(config, ask, targets),
    })
  const { all, force, caller = reach.tenant ?? 'api', reason } = ask
  extendRequestTimeout(request)
  return accept({ targets, all, force, caller, reason, limit: callLimit(reach.tenant) }, config, context)
}

/** The unit in the path is no place in a list. */
const inPath = ({ field, message }: Problem): Problem => ({
  field: field.startsWith('units.') ? 'unit' : field,
  message,
})

async function plan(config: Config, { all }: TriggerBody, targets: readonly Target[]): Promise<object[]> {
  const units = await planFromAnywhere(config, targets)
  const last = { unit: config.autoUpdateUnit, commands: [startArgv(config.scope, config.autoUpdateUnit)] }
  return all ? [...units, last] : [...units]
}

async function planFromAnywhere(config: Config, targets: readonly Target[]): Promise<readonly object[]> {
  // From a spool's sandbox nothing runs that could be seen, and nobody can be asked.
  const unseen = targets.map(target => ({ ...target, runs: undefined, restarted: target.unit }))
  if (config.spool !== undefined) return serializePlan(config, unseen)
  if (!isSandboxed(config)) return serializePlan(config, await planUpgrades(config, targets))
  const words = ['trigger', '--dry-run', '--json', ...targets.map(({ unit }) => unit)]
  return JSON.parse(await outside(config, words)) as object[]
}

/** One task; with `wait`, as soon as it is done, or as it is when the seconds are over. */
async function task(
  request: Incoming,
  id: number,
  wait: string | undefined,
  reach: Reach,
  config: Config,
): Promise<HttpResponse> {
  if (wait !== undefined && !(/^[0-9]{1,2}$/.test(wait) && Number(wait) <= MAX_WAIT_SECS)) {
    return invalidRequest([
      { field: 'wait', message: `must be a number of seconds, at most ${MAX_WAIT_SECS}` },
    ])
  }
  const waitMs = Number(wait ?? 0) * 1000
  request.allowMs(config.requestTimeoutMs + waitMs)
  for (const end = Date.now() + waitMs; ; await sleep(POLL_MS)) {
    const found = withStore(config.stateDir, store => findTask(store, id))
    if (found === undefined || !isWithin(reach, found.unit))
      return problemResponse(httpError(404, `there is no task ${id}`))
    if (found.state === 'done' || Date.now() >= end) return jsonResponse(200, serializeTask(found))
  }
}
