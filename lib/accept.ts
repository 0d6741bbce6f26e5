// Authenticated work for known targets: recorded, started, answered. Webhooks and the API end here alike.
import { type Answer, json, problem } from './answer.js'
import type { Config } from './config.js'
import { CommandFailed, refuse } from './errors.js'
import { log } from './log.js'
import { showTask, taskUrl } from './show.js'
import { leave } from './spool.js'
import { withStore } from './store/store.js'
import { record, startTasks, takeHits, type Wanted } from './trigger.js'
import { eventOf, type Visit } from './visit.js'

/** 202 with the tasks, 200 for a delivery that is a repetition, 429 over a limit, 503 where nothing was started. */
export async function accept(wanted: Wanted, config: Config, visit: Visit): Promise<Answer> {
  if (config.spool !== undefined) return leaveIt(config.spool.dir, wanted, config, visit)
  const recorded = record(config, wanted, status => eventOf(visit, status, Date.now()))
  if (recorded.kind === 'limited') return limited(recorded.retryAfterSecs, visit)
  const { kind, tasks } = recorded
  visit.recorded = true
  visit.meta['tasks'] = tasks.map(({ id }) => id)
  try {
    await startTasks(config, visit.self, tasks, wanted.all)
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    log('error', `${error.message}; the tasks stay queued until the next --all`)
    const detail = 'recorded, but the service manager did not start the task; the next --all will run it'
    return problem(refuse(503, detail, { 'Retry-After': '60' }), { request_id: visit.requestId })
  }
  const [first, ...more] = tasks
  const headers = first !== undefined && more.length === 0 ? { Location: taskUrl(first) } : {}
  const body = { request_id: visit.requestId, status: kind, tasks: tasks.map(showTask) }
  return json(kind === 'duplicate' ? 200 : 202, body, headers)
}

/** Whoever takes it up decides anew what of it is allowed; there are no tasks to tell of until then. */
function leaveIt(dir: string, wanted: Wanted, config: Config, visit: Visit): Answer {
  const verdict = withStore(config.stateDir, store => takeHits(store, config, wanted, Date.now()))
  if (!verdict.allowed) return limited(verdict.retryAfterSecs, visit)
  const { all, force, caller, reason } = wanted
  const units = wanted.targets.map(({ unit }) => unit)
  leave(dir, { event: eventOf(visit, 202, Date.now()), units, all, force, caller, reason })
  visit.meta['left'] = units
  return json(202, { request_id: visit.requestId, status: 'accepted', units })
}

export function limited(retryAfterSecs: number, visit: Visit): Answer {
  visit.meta['limited'] = retryAfterSecs
  const detail = `too many calls; the next is welcome in ${retryAfterSecs} s`
  return problem(refuse(429, detail, { 'Retry-After': String(retryAfterSecs) }))
}
