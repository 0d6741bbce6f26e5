// The reference that a unit follows. Its text may hold specifiers, variables and a transport: then what systemd makes of it counts,
// with the unit's environment; and where that tells nothing, what its container was made from.
import type { Config } from '../config/config.js'
import type { GeneratedUnit } from '../host/quadlet.js'
import { unitDefinition } from '../host/unit-commands.js'
import { log } from '../log.js'
import { isReference } from './image.js'
import type { Pin } from './pin.js'
import { resolveReference } from './resolve-reference.js'

export interface Followed {
  readonly image: string
  /** How the unit's command line spells it, where that is another way. */
  readonly word?: string
}

/** While it is pinned the command line does not tell, so its pin does. */
export const isToldByPin = (generated: GeneratedUnit | undefined, pin: Pin | 'broken' | undefined): boolean =>
  typeof pin === 'object' && generated?.image !== undefined && !isReference(generated.image)

/** Undefined where the text tells nothing. Never throws: a unit that cannot be asked is one of which nothing is known. */
export async function referenceOf(
  { scope }: Config,
  unit: string,
  generated: GeneratedUnit | undefined,
): Promise<Followed | undefined> {
  const text = generated?.image
  if (text === undefined || isReference(text)) return text === undefined ? undefined : { image: text }
  try {
    const definition = await unitDefinition(scope, generated?.imageUnit ?? unit)
    return resolveReference(text, definition)
  } catch (error) {
    log('warning', `${unit}: ${(error as Error).message}`)
    return undefined
  }
}
