// The images of a unit: of the container that it is for, and of the others that its start makes (the containers of a .kube unit, of
// a pod or a compose file that is one unit). Each may be pushed, each is pulled, and they are good or bad together.
import type { Container } from '../host/podman.js'
import { isPause } from '../host/podman.js'
import { localImages, tag } from '../host/podman-images.js'
import type { ImageState, Named } from '../store/report.js'
import { canonicalImage, parseImage } from './image.js'
import type { Pin } from './pin.js'
import { mainContainer } from './unit-containers.js'

/**
 * What the other containers of a unit follow, in the order of the references. `own` are its containers, `image` is what the main one
 * follows; a pinned container was made from an id, so the pin says which reference that stands for.
 */
export function othersOf(
  own: readonly Container[],
  image: string,
  pin: Pick<Pin, 'others'> | undefined,
): readonly Named[] {
  const main = mainContainer(own)
  const found = own
    .filter(container => container !== main && !isPause(container) && container.state === 'running')
    .map(({ image, imageId }): Named => {
      const told = pin?.others?.find(([, id]) => id === imageId)?.[0]
      return [canonicalImage(told ?? image), imageId]
    })
    .filter(([reference]) => canMove(reference) && reference !== canonicalImage(image))
  return sorted(new Map(found))
}

/** Whether a push can move it. */
function canMove(reference: string): boolean {
  const parsed = parseImage(reference)
  return parsed !== undefined && parsed.digest === undefined && parsed.host !== 'localhost'
}

export const sorted = (others: ReadonlyMap<string, string>): readonly Named[] =>
  [...others].sort(([a], [b]) => (a < b ? -1 : 1))

export const imageState = (id: string, others: readonly Named[]): ImageState => ({
  id,
  digest: '',
  ...(others.length > 0 && { others }),
})

/** Under which name the image of a reference is kept. */
export type NameOf = (reference: string) => string

/** The image of the main container, with what the references of the others name in the local storage. */
export async function withLocalOthers(
  main: ImageState,
  others: readonly Named[],
  nameOf: NameOf = reference => reference,
): Promise<ImageState> {
  if (others.length === 0) return main
  const found = await localImages(others.map(([reference]) => nameOf(reference)))
  const named = others.flatMap(([reference], index): Named[] => {
    const one = found[index]
    return one === undefined ? [] : [[reference, one.id]]
  })
  return { ...main, ...(named.length > 0 && { others: named }) }
}

/** Gives each a name; for the main one `nameOf` is not given a reference. Throws CommandFailed. */
export async function tagImages(
  { id, others = [] }: ImageState,
  nameOf: (reference?: string) => string,
): Promise<void> {
  await tag(id, nameOf())
  for (const [reference, imageId] of others) await tag(imageId, nameOf(reference))
}
