// Pure: an image reference, or a unit, as a file name. Injective: two references never share a file. Other characters become
// `_` and two hex digits; a long name is cut and ends in `~` and its hash; no short one has a `~`.
import { createHash } from 'node:crypto'

const KEPT = /[A-Za-z0-9.-]/
const MAX_BYTES = 200

/** At most 200 bytes of [A-Za-z0-9._~-], never beginning with a dot or a dash. */
export function fileNameOf(reference: string): string {
  const slug = [...Buffer.from(reference)]
    .map(byte => String.fromCharCode(byte))
    .map((character, index) =>
      KEPT.test(character) && !(index === 0 && /[.-]/.test(character)) ? character : escaped(character),
    )
    .join('')
  if (slug.length > 0 && slug.length <= MAX_BYTES) return slug
  const hash = createHash('sha256').update(reference).digest('hex')
  return `${slug.slice(0, MAX_BYTES - hash.length - 1)}~${hash}`
}

const escaped = (character: string): string => `_${character.charCodeAt(0).toString(16).padStart(2, '0')}`
