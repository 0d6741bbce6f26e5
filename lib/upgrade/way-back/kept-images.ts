// Pure: the names under which images are kept from being pruned: what ran before the last upgrade (`rollback`), and what a pinned
// unit runs (`pinned`). A unit may hold characters that a tag may not, hence the hash.
import { createHash } from 'node:crypto'

/** `other` is the reference of one of the unit's other containers. */
function keptReference(kind: 'rollback' | 'pinned', unit: string, other = ''): string {
  const hash = createHash('sha256')
    .update(`${unit}${other && ` ${other}`}`)
    .digest('hex')
    .slice(0, 12)
  const name = unit.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 100)
  return `localhost/pod-upgrade-trigger/${kind}:${name}-${hash}`
}

/** The image that ran well before the last change of image. */
export const rollbackReference = (unit: string, other?: string): string =>
  keptReference('rollback', unit, other)

/** The image that a unit stays on. */
export const pinnedReference = (unit: string, other?: string): string => keptReference('pinned', unit, other)
