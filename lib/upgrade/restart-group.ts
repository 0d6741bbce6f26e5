// What a restart touches besides its unit: systemd stops whatever requires a unit that it restarts, and so every member of a
// pod. It starts those again only where the restart went well: after a bad image they stay down. And a unit that is stopped
// in the middle of its own start leaves a container that podman kills only a minute and a half later; so restarts that touch
// each other take turns (group-lock.ts).
import { setTimeout as sleep } from 'node:timers/promises'
import { asCommandFailed } from '../errors.js'
import { insist } from '../host/insist.js'
import { containers } from '../host/podman.js'
import { startAndWait } from '../host/systemd.js'
import { dependentsOf, showAll } from '../host/unit-state.js'
import { mainContainerOf } from '../targets/unit-containers.js'
import type { UnitSnapshot } from './inspect.js'
import { execOptions, type Run } from './run.js'

const POLL_MS = 500

export interface RestartGroup {
  /** Every unit that a restart touches, by name. */
  readonly units: readonly string[]
  /** Those that require the restarted one, and are up. */
  readonly dependents: readonly string[]
}

/** Throws CommandFailed. */
export async function findRestartGroup(
  { task, config }: Run,
  { restartUnit }: UnitSnapshot,
): Promise<RestartGroup> {
  const own = [...new Set([task.unit, restartUnit])]
  const needed = await dependentsOf(config.scope, own)
  return {
    units: [...own, ...needed.map(({ unit }) => unit)].sort(),
    dependents: needed.flatMap(({ unit, up }) => (up ? [unit] : [])),
  }
}

/** Of units that are restarted along: those that run the same image, and so change it too. Throws CommandFailed. */
export async function matesOf(
  { config }: Run,
  dependents: readonly string[],
  { container }: UnitSnapshot,
): Promise<readonly string[]> {
  if (dependents.length === 0 || container === undefined) return []
  const all = await containers()
  const found = dependents.map(async unit => {
    const main = await mainContainerOf(config.scope, unit, all)
    return main?.imageId === container.imageId ? [unit] : []
  })
  return (await Promise.all(found)).flat()
}

/** Starts what was up and has gone down. Gives what is wrong with it, or undefined. */
export async function startDependents(run: Run, dependents: readonly string[]): Promise<string | undefined> {
  if (dependents.length === 0) return undefined
  try {
    await startAndWait(run.config.scope, dependents, execOptions(run))
    return undefined
  } catch (error) {
    const { stderr, message } = asCommandFailed(error, run.signal)
    return `a dependent unit failed to start: ${stderr || message}`
  }
}

/** Of units that were up before the restart: what is not up now, as a sentence. A unit on its way up is waited for. */
export async function whatIsDown(
  { config, signal }: Run,
  units: readonly string[],
): Promise<string | undefined> {
  if (units.length === 0) return undefined
  const end = performance.now() + config.healthTimeoutMs
  for (;;) {
    const shown = await insist(signal, config.healthTimeoutMs, () => showAll(config.scope, units))
    const states = units.map(unit => ({ unit, state: shown(unit) }))
    const down = states.filter(({ state }) => state.ActiveState !== 'active')
    const isOver = performance.now() > end || down.every(({ state }) => state.ActiveState !== 'activating')
    if (down.length === 0) return undefined
    if (isOver)
      return down.map(({ unit, state }) => `${unit}, restarted along, is ${state.ActiveState}`).join('; ')
    await sleep(POLL_MS, undefined, { signal })
  }
}
