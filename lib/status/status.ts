// The whole host in one look: each enabled unit, what it runs, how its last upgrade ended, and when the timer looks next.
import type { Config } from '../config/config.js'
import { containers } from '../host/podman.js'
import { show } from '../host/unit-state.js'
import { readStore } from '../store/copy.js'
import { listTasks } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { mainContainerOf } from '../targets/unit-containers.js'
import { readTimer, type Timer } from './timer.js'
import { judgeUnits, type UnitStatus } from './unit-status.js'

export interface Status {
  readonly units: readonly UnitStatus[]
  readonly timer: Timer
}

/** Throws CommandFailed, StoreUnavailable. */
export async function readStatus(config: Config): Promise<Status> {
  const [enabled, all, timer] = await Promise.all([
    enabledUnits(config),
    containers(),
    readTimer(config.scope),
  ])
  const last = readStore(config.stateDir, store =>
    enabled.map(({ unit }) => listTasks(store, { unit, status: 'done', limit: 1 })[0]),
  )
  const seen = await Promise.all(
    enabled.map(async (known, index) => ({
      known,
      state: await show(config.scope, known.unit),
      container: await mainContainerOf(config.scope, known.unit, all),
      last: last[index],
    })),
  )
  return { units: judgeUnits(seen), timer }
}
