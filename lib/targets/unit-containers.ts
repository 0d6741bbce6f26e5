// The containers of a unit: those whose monitors run in it, and what has ended of the pods that it has started. What a container
// says of itself (its label) only tells where to look.
import type { Config } from '../config/config.js'
import { type Container, isPause } from '../host/podman.js'
import { monitoredBy } from '../host/unit-processes.js'
import { parseUnit } from '../unit-name.js'

type Scope = Config['scope']

/** Of `all`. Throws CommandFailed. */
export async function containersOf(
  scope: Scope,
  unit: string,
  all: readonly Container[],
): Promise<readonly Container[]> {
  return chooseContainers(await monitoredBy(scope, unit), all)
}

/** A monitor ends with its container, so one that has ended is known by its pod. */
export function chooseContainers(
  monitored: ReadonlySet<string>,
  all: readonly Container[],
): readonly Container[] {
  const pods = all.filter(({ id, infra }) => infra && monitored.has(id)).map(({ pod }) => pod)
  return all.filter(
    ({ id, pod, state }) => monitored.has(id) || (state !== 'running' && pod !== '' && pods.includes(pod)),
  )
}

/** The one that the unit is for. */
export const mainContainer = (own: readonly Container[]): Container | undefined =>
  own.find(container => !isPause(container))

/** The same of a unit, out of `all`. Throws CommandFailed. */
export const mainContainerOf = async (
  scope: Scope,
  unit: string,
  all: readonly Container[],
): Promise<Container | undefined> => mainContainer(await containersOf(scope, unit, all))

/**
 * What to restart for a unit whose container is `main`: for a member of a pod the pod's unit, because a lone member takes its
 * pod down with it.
 */
export async function restartUnitOf(
  scope: Scope,
  unit: string,
  main: Container | undefined,
  all: readonly Container[],
): Promise<string> {
  const infra = main?.pod ? all.find(({ pod, infra }) => infra && pod === main.pod) : undefined
  const claimed = infra?.claimedUnit ?? unit
  if (infra === undefined || claimed === unit || parseUnit(claimed) !== claimed) return unit
  return (await monitoredBy(scope, claimed)).has(infra.id) ? claimed : unit
}
