// The privileged half of a request that was left in a spool. Everything is decided anew: only enabled units, with the
// images of their own configuration, within the limits. Then it goes the way of every request: recorded, started.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { enabledUnits } from './enabled.js'
import { readConfig } from './environment.js'
import { CommandFailed, EXIT, UsageError } from './errors.js'
import { exitStatus } from './exit.js'
import { discard, type Left, leftIn, readLeft, writeUnits } from './left.js'
import { log } from './log.js'
import type { KnownUnit, Target } from './match.js'
import { type EventRecord, insertEvent, listEvents } from './store/events.js'
import { takeHit } from './store/hits.js'
import { withStore } from './store/store.js'
import { type Self, start } from './systemd.js'
import { record, startTasks } from './trigger.js'

const PAUSE_MS = 10_000

/**
 * Carries out what was left in the first of the two paths, a directory, and writes the list of enabled units to the other.
 * Gives the exit status.
 */
export async function drain(
  env: NodeJS.ProcessEnv,
  self: Self,
  [dir, unitsFile]: readonly string[],
): Promise<number> {
  try {
    if (dir === undefined || unitsFile === undefined)
      throw new UsageError('drain takes a directory and a file')
    const config = readConfig(env)
    const enabled = await enabledUnits(config)
    writeUnits(unitsFile, enabled)
    for (const name of leftIn(dir)) await carryOut(config, self, enabled, dir, name)
    return EXIT.ok
  } catch (error) {
    const status = exitStatus(error)
    await sleep(PAUSE_MS) // what is left starts this again at once: not more often than this
    return status
  }
}

async function carryOut(
  config: Config,
  self: Self,
  enabled: readonly KnownUnit[],
  dir: string,
  name: string,
): Promise<void> {
  const left = readLeft(dir, name)
  if (left === undefined) {
    log('warning', `${name} in the spool was written by no request: it is discarded`)
    return discard(dir, name)
  }
  const isKnown =
    withStore(config.stateDir, store => listEvents(store, { request_id: left.event.requestId, limit: 1 }))
      .length > 0
  const begin = isKnown
    ? undefined
    : left.event.action === 'auto-update'
      ? autoUpdate(config, left)
      : tasks(config, self, enabled, left)
  discard(dir, name) // what it asks for is on the disk by now
  try {
    await begin?.()
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    log('error', `${error.message}; the tasks stay queued until the next --all`)
  }
}

type Begin = (() => Promise<void>) | undefined

function tasks(config: Config, self: Self, enabled: readonly KnownUnit[], left: Left): Begin {
  const targets = enabled.flatMap(({ unit, image }): Target[] =>
    image !== undefined && (left.all || left.units.includes(unit)) ? [{ unit, image }] : [],
  )
  if (targets.length === 0) {
    keep(config, left, 200, { ignored: 'unit not enabled', units: left.units })
    return undefined
  }
  const limit = left.event.action === 'trigger' ? ({ call: 'api' } as const) : ({ perImage: true } as const)
  const { all, force, caller, reason } = left
  const wanted = { targets, all, force, caller, reason, limit }
  const recorded = record(config, wanted, status =>
    eventOf(left, status, { units: targets.map(({ unit }) => unit) }),
  )
  if (recorded.kind !== 'limited') return () => startTasks(config, self, recorded.tasks, all)
  keep(config, left, 429, { limited: recorded.retryAfterSecs })
  return undefined
}

function autoUpdate(config: Config, left: Left): Begin {
  const verdict = withStore(config.stateDir, store =>
    takeHit(store.rateLimits, 'auto-update', config.callLimits, Date.now()),
  )
  keep(config, left, verdict.allowed ? 202 : 429, {})
  return verdict.allowed ? () => start(config.scope, config.autoUpdateUnit) : undefined
}

function keep(config: Config, left: Left, status: number, meta: object): void {
  log('notice', `${left.event.method} ${left.event.path} ${status} ${left.event.requestId} from the spool`)
  withStore(config.stateDir, store => insertEvent(store, eventOf(left, status, meta)))
}

function eventOf({ event, caller, reason }: Left, status: number, meta: object): EventRecord {
  const { requestId, method, path, action, remoteAddr, delivery, bodySha256 } = event
  const ts = Math.min(event.ts, Date.now()) // one that lies ahead would never be forgotten
  const rest = {
    unit: undefined,
    durationMs: Date.now() - ts,
    meta: { spooled: true, caller, reason, ...meta },
  }
  return { requestId, ts, method, path, status, action, remoteAddr, delivery, bodySha256, ...rest }
}
