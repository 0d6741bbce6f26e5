// The whole host in one look: each enabled unit, what it runs, how its last upgrade ended, and when the timer looks next.
import type { Config } from '../config/config.js'
import { containers } from '../host/podman.js'
import { monitoredInAll } from '../host/unit-processes.js'
import { showAll } from '../host/unit-state.js'
import { readStore } from '../store/copy.js'
import { listTasks, unfinishedTasks } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import type { KnownUnit } from '../targets/match.js'
import { chooseContainers, mainContainer } from '../targets/unit-containers.js'
import { dueOf } from '../windows/due.js'
import { readTimer, type Timer } from './timer.js'
import { judgeUnits, type UnitStatus } from './unit-status.js'

export interface Status {
  readonly units: readonly UnitStatus[]
  readonly timer: Timer
}

/** Throws CommandFailed, StoreUnavailable. */
export async function readStatus(config: Config): Promise<Status> {
  const [enabled, all, monitored, timer] = await Promise.all([
    enabledUnits(config),
    containers(),
    monitoredInAll(config.scope),
    readTimer(config.scope),
  ])
  const [shown, { last, queued }] = await Promise.all([
    showAll(
      config.scope,
      enabled.map(({ unit }) => unit),
    ),
    recorded(config, enabled),
  ])
  const seen = await Promise.all(
    enabled.map(async (known, index) => {
      const state = shown(known.unit)
      const waiting = queued.find(({ unit }) => unit === known.unit)
      return {
        known,
        state,
        container: mainContainer(chooseContainers(monitored(state.ControlGroup), all)),
        last: last[index],
        waitsUntilMs: waiting && (await dueOf(config, waiting, Date.now())).laterMs,
      }
    }),
  )
  return { units: judgeUnits(seen), timer }
}

/** Of each unit the newest task that has ended, and all that wait. */
const recorded = async ({ stateDir }: Config, enabled: readonly KnownUnit[]) =>
  readStore(stateDir, store => ({
    last: enabled.map(({ unit }) => listTasks(store, { unit, status: 'done', limit: 1 })[0]),
    queued: unfinishedTasks(store).filter(({ state }) => state === 'queued'),
  }))
