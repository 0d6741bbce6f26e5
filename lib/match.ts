// Which units an event is about. Only enabled units are ever chosen, and only where the pushed image is the one that
// the unit is configured to follow; everything else is a reason, told to whoever asked.
import { follows, formatImage, type ImageRef, parseImage, sameRepository } from './image.js'

/** An enabled unit and the reference it runs, as its configuration has it; undefined where nothing tells. */
export interface KnownUnit {
  readonly unit: string
  readonly image: string | undefined
}

export type Match =
  | { readonly kind: 'units'; readonly units: readonly { readonly unit: string; readonly image: string }[] }
  | { readonly kind: 'none'; readonly reason: string; readonly details?: Readonly<Record<string, unknown>> }

/** `named` is the unit in the path; without it the image finds the units. */
export function matchUnits(
  pushed: readonly ImageRef[],
  enabled: readonly KnownUnit[],
  named?: string,
): Match {
  return named === undefined ? matchImage(pushed, enabled) : matchNamed(pushed, enabled, named)
}

function matchNamed(pushed: readonly ImageRef[], enabled: readonly KnownUnit[], named: string): Match {
  const known = enabled.find(({ unit }) => unit === named)
  if (known === undefined) return { kind: 'none', reason: 'unit not enabled', details: { unit: named } }
  const details = { unit: named, unit_image: known.image ?? null, pushed: pushed.map(formatImage) }
  if (known.image === undefined) return { kind: 'none', reason: 'image of the unit is unknown', details }
  const used = parseImage(known.image)
  if (used === undefined)
    return { kind: 'none', reason: 'image of the unit is not a valid reference', details }
  if (used.digest !== undefined) return { kind: 'none', reason: 'unit is pinned to a digest', details }
  if (pushed.some(image => follows(used, image))) {
    return { kind: 'units', units: [{ unit: named, image: known.image }] }
  }
  const other = pushed.some(image => sameRepository(used, image))
    ? 'another tag was pushed'
    : 'another image was pushed'
  return { kind: 'none', reason: other, details }
}

function matchImage(pushed: readonly ImageRef[], enabled: readonly KnownUnit[]): Match {
  const units = enabled.flatMap(({ unit, image }) => {
    const used = image === undefined ? undefined : parseImage(image)
    const matches = used !== undefined && pushed.some(candidate => follows(used, candidate))
    return matches && image !== undefined ? [{ unit, image }] : []
  })
  if (units.length > 0) return { kind: 'units', units }
  return {
    kind: 'none',
    reason: 'no enabled unit runs this image',
    details: { pushed: pushed.map(formatImage) },
  }
}
