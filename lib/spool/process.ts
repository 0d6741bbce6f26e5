// The privileged half of a request that was left in a spool. Everything is decided again: only enabled units, with the
// images of their own configuration, within the limits. Then it goes the way of every request: recorded, started.
// Built as a part of its own.
import { setTimeout as sleep } from 'node:timers/promises'
import { askForKeys, KEYS_WANTED } from '../actions/ask.js'
import type { Config } from '../config/config.js'
import { readConfig } from '../config/environment.js'
import { asCommandFailed, EXIT, UsageError } from '../errors.js'
import { exitStatus } from '../exit-status.js'
import { start } from '../host/systemd.js'
import { log } from '../log.js'
import { type EventRecord, insertEvent, listEvents } from '../store/events.js'
import { tryAcquire } from '../store/rate-limit.js'
import { withStore } from '../store/session.js'
import { enabledUnits } from '../targets/enabled-units.js'
import type { KnownUnit, Target } from '../targets/match.js'
import { callLimit } from '../tasks/rate-limits.js'
import { recordTasks, startTasks } from '../tasks/record-tasks.js'
import { whyImpossible } from './entry.js'
import { handOnConfiguration, handOnUnits } from './hand-on.js'
import { type DatedEntry, listEntries, readEntry, removeEntry } from './read.js'

const PAUSE_MS = 10_000

/**
 * Carries out what was left in the first of the paths, a directory, and writes what requests have to know: to the second the list of
 * enabled units, to the third the configuration. Gives the exit status.
 */
export async function processSpool(
  env: NodeJS.ProcessEnv,
  [dir, unitsFile, envFile]: readonly string[],
): Promise<number> {
  try {
    if (dir === undefined || unitsFile === undefined || envFile === undefined)
      throw new UsageError('drain takes a directory and two files')
    handOnConfiguration(envFile, env)
    const config = readConfig(env)
    const enabled = await enabledUnits(config)
    handOnUnits(unitsFile, enabled)
    const failures: unknown[] = []
    for (const name of listEntries(dir))
      await processEntry(config, enabled, dir, name).catch(error => failures.push(error))
    if (failures.length > 0) throw failures[0] // the others are done
    return EXIT.ok
  } catch (error) {
    const status = exitStatus(error)
    await sleep(PAUSE_MS) // what is left starts this again at once: not more often than this
    return status
  }
}

async function processEntry(
  config: Config,
  enabled: readonly KnownUnit[],
  dir: string,
  name: string,
): Promise<void> {
  if (name === KEYS_WANTED) {
    removeEntry(dir, name) // never read: there is nothing in it
    if (config.actionsRules.length > 0) await askForKeys(config)
    return
  }
  const entry = readEntry(dir, name)
  const why = entry === undefined ? 'no valid entry' : whyImpossible(entry, config)
  if (entry === undefined || why !== undefined) {
    log(
      'warning',
      `${name} in the spool was left by no request: ${why}; it is removed, and somebody may have got in`,
    )
    return removeEntry(dir, name)
  }
  const isKnown =
    withStore(config.stateDir, store => listEvents(store, { request_id: entry.event.requestId, limit: 1 }))
      .length > 0
  const begin = isKnown
    ? undefined
    : entry.event.action === 'auto-update'
      ? autoUpdate(config, entry)
      : tasks(config, enabled, entry)
  removeEntry(dir, name) // what it asks for is on the disk by now
  try {
    await begin?.()
  } catch (error) {
    log('error', `${asCommandFailed(error).message}; the tasks stay queued until the next --all`)
  }
}

type Begin = (() => Promise<void>) | undefined

function tasks(config: Config, enabled: readonly KnownUnit[], entry: DatedEntry): Begin {
  const targets = enabled.flatMap(({ unit, image }): Target[] =>
    image !== undefined && (entry.all || entry.units.includes(unit)) ? [{ unit, image }] : [],
  )
  if (targets.length === 0) {
    recordEvent(config, entry, 200, { ignored: 'unit not enabled', units: entry.units })
    return undefined
  }
  const limit =
    entry.event.action === 'trigger' ? callLimit(entry.event.tenant) : ({ perImage: true } as const)
  const { all, force, caller, reason } = entry
  const wanted = { targets, all, force, caller, reason, limit }
  const recorded = recordTasks(config, wanted, status =>
    eventFromEntry(entry, status, { units: targets.map(({ unit }) => unit) }),
  )
  if (recorded.kind !== 'limited') return () => startTasks(config, recorded.tasks, all)
  recordEvent(config, entry, 429, { limited: recorded.retryAfterSecs })
  return undefined
}

function autoUpdate(config: Config, entry: DatedEntry): Begin {
  const verdict = withStore(config.stateDir, store =>
    tryAcquire(store.rateLimits, 'auto-update', config.callLimits, Date.now()),
  )
  recordEvent(config, entry, verdict.allowed ? 202 : 429, {})
  return verdict.allowed ? () => start(config.scope, config.autoUpdateUnit) : undefined
}

function recordEvent(config: Config, entry: DatedEntry, status: number, meta: object): void {
  log('notice', `${entry.event.method} ${entry.event.path} ${status} ${entry.event.requestId} from the spool`)
  withStore(config.stateDir, store => insertEvent(store, eventFromEntry(entry, status, meta)))
}

function eventFromEntry(
  { event, ts, caller, reason }: DatedEntry,
  status: number,
  meta: object,
): EventRecord {
  const { requestId, method, path, action, remoteAddr, tenant, delivery, bodySha256 } = event
  const rest = {
    unit: undefined,
    durationMs: Date.now() - ts,
    meta: { spooled: true, caller, reason, ...meta },
  }
  return { requestId, ts, method, path, status, action, remoteAddr, tenant, delivery, bodySha256, ...rest }
}
