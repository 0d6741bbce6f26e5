// tap's match() takes a wanted array for the beginning of the one it finds: [] matches every array.
import type { Test } from 'tap'

/** Matches nothing, and says why in the difference that tap shows. */
const NO_MORE = Symbol('no more elements')

/** As t.match(), but an array in `wanted`, at any depth, is all of the one that is found. */
export const matchAll = (t: Test, found: unknown, wanted: unknown, why?: string): boolean =>
  t.match(found, exactly(found, wanted), ...(why === undefined ? [] : [why]))

/** The pattern `wanted`, whose arrays do not match those of `found` that are longer. */
export function exactly(found: unknown, wanted: unknown): unknown {
  const inside = (key: string | number): unknown => Object(found)[key]
  if (Array.isArray(wanted)) {
    const items = wanted.map((item, index) => exactly(inside(index), item))
    return Array.isArray(found) && found.length <= items.length ? items : [...items, NO_MORE]
  }
  if (wanted === null || typeof wanted !== 'object' || Object.getPrototypeOf(wanted) !== Object.prototype)
    return wanted // such as a regular expression
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, exactly(inside(key), value)]))
}
