// How a unit's own start would get its image: what is asked of a registry for it is asked in the same way.
import type { Config } from '../config/config.js'
import { type UnitDefinition, unitDefinition } from '../host/unit-commands.js'
import { type PullOptions, pullOptionsOf } from './pull-options.js'

export type PullSource = PullOptions & Pick<UnitDefinition, 'environment'>

/** `imageUnit` is the unit of its .image, which knows it where there is one. Throws CommandFailed. */
export async function pullSourceOf(
  scope: Config['scope'],
  { unit, image, imageUnit }: { unit: string; image: string; imageUnit: string | undefined },
): Promise<PullSource> {
  const { environment, ...commands } = await unitDefinition(scope, imageUnit ?? unit)
  return { ...pullOptionsOf(commands, image), environment }
}
