// The whole host in one look: each enabled unit, what it runs, how its last upgrade ended, and when the timer looks next.
import type { Config } from '../config/config.js'
import { containers } from '../host/podman.js'
import { show } from '../host/unit-state.js'
import { readStore } from '../store/copy.js'
import { listTasks, type Task, unfinishedTasks } from '../store/tasks.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { mainContainerOf } from '../targets/unit-containers.js'
import { dueOf } from '../windows/due.js'
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
  const { last, queued } = readStore(config.stateDir, store => ({
    last: enabled.map(({ unit }) => listTasks(store, { unit, status: 'done', limit: 1 })[0]),
    queued: unfinishedTasks(store).filter(({ state }) => state === 'queued'),
  }))
  const seen = await Promise.all(
    enabled.map(async (known, index) => ({
      known,
      state: await show(config.scope, known.unit),
      container: await mainContainerOf(config.scope, known.unit, all),
      last: last[index],
      waitsUntilMs: await waitsUntil(
        config,
        queued.find(({ unit }) => unit === known.unit),
      ),
    })),
  )
  return { units: judgeUnits(seen), timer }
}

const waitsUntil = async (config: Config, queued: Task | undefined): Promise<number | undefined> =>
  queued && (await dueOf(config, queued, Date.now())).laterMs
