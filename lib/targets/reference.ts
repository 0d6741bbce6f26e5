// The reference that a unit follows. Its text may hold specifiers, variables and a transport: then what systemd makes of it counts,
// with the unit's environment. What a short name stands for podman says of the container that was made with it.
import type { Config } from '../config/config.js'
import { type Container, originOf } from '../host/podman.js'
import type { GeneratedUnit } from '../host/quadlet.js'
import { managerEnvironment, unitDefinition } from '../host/unit-commands.js'
import { log } from '../log.js'
import { isQualified, isReference } from './image.js'
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

/** What else tells what a text stands for. */
interface Evidence {
  /** The unit's own container. */
  readonly container?: Container | undefined
  readonly pin?: Pin | 'broken' | undefined
}

/** Undefined where the text tells nothing. Never throws: a unit that cannot be asked is one of which nothing is known. */
export async function referenceOf(
  { scope }: Config,
  unit: string,
  generated: GeneratedUnit | undefined,
  evidence: Evidence = {},
): Promise<Followed | undefined> {
  const text = generated?.image
  if (text === undefined || isQualified(text)) return text === undefined ? undefined : { image: text }
  try {
    if (isReference(text)) return await resolveShortName(text, evidence)
    const definition = await unitDefinition(scope, generated?.imageUnit ?? unit)
    const found = resolveReference(text, definition)
    if (found !== undefined || !text.includes('${')) return found
    const environment = { ...(await managerEnvironment(scope)), ...definition.environment }
    return resolveReference(text, { ...definition, environment })
  } catch (error) {
    log('warning', `${unit}: ${(error as Error).message}`)
    return undefined
  }
}

/** As podman has resolved it for the container that was made with the same text; as docker does where there is none. */
async function resolveShortName(text: string, { container, pin }: Evidence): Promise<Followed> {
  if (typeof pin === 'object') {
    const isSame = pin.others?.some(([name]) => name === text)
    return isSame ? { image: pin.image, word: text } : { image: text }
  }
  const origin = container && (await originOf(container.id))
  if (origin === undefined || !origin.words.includes(text) || !isQualified(origin.image))
    return { image: text }
  return { image: origin.image, word: text }
}
