// Authenticated work for known targets: recorded, started, answered. Webhooks and the API end here alike.
import type { Config } from '../config/config.js'
import { asCommandFailed, httpError } from '../errors.js'
import { type HttpResponse, jsonResponse, problemResponse } from '../http/response.js'
import { log } from '../log.js'
import { writeEntry } from '../spool/write.js'
import { withStore } from '../store/session.js'
import { acquireLimits } from '../tasks/rate-limits.js'
import { recordTasks, startTasks, type UpgradeRequest } from '../tasks/record-tasks.js'
import { serializeTask, taskUrl } from '../tasks/serialize.js'
import { eventFromContext, type RequestContext } from './request-context.js'

/** 202 with the tasks, 200 for a delivery that is a repetition, 429 over a limit, 503 where nothing was started. */
export async function accept(
  upgrade: UpgradeRequest,
  config: Config,
  context: RequestContext,
): Promise<HttpResponse> {
  if (config.spool !== undefined) return leaveInSpool(config.spool.dir, upgrade, config, context)
  const recorded = recordTasks(config, upgrade, status => eventFromContext(context, status, Date.now()))
  if (recorded.kind === 'limited') return rateLimited(recorded.retryAfterSecs, context)
  const { kind, tasks } = recorded
  context.recorded = true
  context.meta['tasks'] = tasks.map(({ id }) => id)
  try {
    await startTasks(config, tasks, upgrade.all)
  } catch (error) {
    log('error', `${asCommandFailed(error).message}; the tasks stay queued until the next --all`)
    const detail = 'recorded, but the service manager did not start the task; the next --all will run it'
    return problemResponse(httpError(503, detail, { 'Retry-After': '60' }), { request_id: context.requestId })
  }
  const [first, ...more] = tasks
  const headers = first !== undefined && more.length === 0 ? { Location: taskUrl(first) } : {}
  const body = { request_id: context.requestId, status: kind, tasks: tasks.map(serializeTask) }
  return jsonResponse(kind === 'duplicate' ? 200 : 202, body, headers)
}

/** The process that carries it out decides again what of it is allowed; there are no tasks until then. */
function leaveInSpool(
  dir: string,
  upgrade: UpgradeRequest,
  config: Config,
  context: RequestContext,
): HttpResponse {
  const verdict = withStore(config.stateDir, store =>
    acquireLimits(store, config, upgrade, context.bodySha256, Date.now()),
  )
  if (!verdict.allowed) return rateLimited(verdict.retryAfterSecs, context)
  const { all, force, caller, reason } = upgrade
  const units = upgrade.targets.map(({ unit }) => unit)
  writeEntry(dir, { event: eventFromContext(context, 202, Date.now()), units, all, force, caller, reason })
  context.meta['left'] = units
  return jsonResponse(202, { request_id: context.requestId, status: 'accepted', units })
}

export function rateLimited(retryAfterSecs: number, context: RequestContext): HttpResponse {
  context.meta['limited'] = retryAfterSecs
  const detail = `rate limit exceeded; retry after ${retryAfterSecs} s`
  return problemResponse(httpError(429, detail, { 'Retry-After': String(retryAfterSecs) }))
}
