// What an upgrade would do: its command lines, and the same in words.
import type { Config } from '../config/config.js'
import type { Argv } from '../host/exec.js'
import { CONTAINERS_ARGV, type Container, containers } from '../host/podman.js'
import { pullArgv, tagArgv } from '../host/podman-images.js'
import { resetArgv, restartArgv, startAndWaitArgv } from '../host/systemd.js'
import { processesArgv } from '../host/unit-processes.js'
import { showArgv } from '../host/unit-state.js'
import type { Target } from '../targets/match.js'
import type { Pin } from '../targets/pin.js'
import { mainContainerOf, restartUnitOf } from '../targets/unit-containers.js'
import { rollbackReference } from '../upgrade/way-back/kept-images.js'

/** What a unit runs now, and what would be restarted for it. */
export interface Planned extends Target {
  readonly runs: Container | undefined
  readonly restarted: string
}

/** Throws CommandFailed. */
export async function planUpgrades(
  { scope }: Config,
  targets: readonly Target[],
): Promise<readonly Planned[]> {
  const all = await containers()
  return Promise.all(
    targets.map(async target => {
      const runs = await mainContainerOf(scope, target.unit, all)
      return { ...target, runs, restarted: await restartUnitOf(scope, target.unit, runs, all) }
    }),
  )
}

/**
 * The command lines of an upgrade, in their order, where the image has changed and nothing goes wrong; what only asks
 * (about images, and again and again while the unit is watched) is there once or not at all.
 */
export const planCommands = (
  { scope }: Config,
  { unit, image, runs, restarted }: Planned,
): readonly Argv[] => [
  showArgv(scope, unit),
  CONTAINERS_ARGV,
  processesArgv(scope, unit),
  ...(runs === undefined ? [] : [tagArgv(runs.imageId, rollbackReference(unit))]),
  ...(image.startsWith('localhost/') ? [] : [pullArgv(image)]),
  resetArgv(scope, restarted),
  restartArgv(scope, restarted),
  ...(restarted === unit ? [] : [startAndWaitArgv(scope, [unit])]),
]

/** For the API and --json. */
export const serializePlan = (config: Config, planned: readonly Planned[]): readonly object[] =>
  planned.map(one => ({
    unit: one.unit,
    image: one.image,
    running_image_id: one.runs?.imageId,
    commands: planCommands(config, one),
  }))

/** In words, for a table. A unit that does not run is left alone, unless it is forced. */
export function planInWords({ runs }: Planned, force: boolean, pin: Pin | 'broken' | undefined): string {
  if (typeof pin === 'object' && pin.hold !== undefined) return `nothing: it is held: ${pin.hold}`
  if (force) return 'pull; restart'
  return runs === undefined ? 'nothing: it does not run' : 'pull; restart if the image changed'
}
