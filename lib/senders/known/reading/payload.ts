// Pure: the way into a payload that anybody with the secret may have made: every field may be missing, or of any kind. Only own fields
// are seen, so that no name leads into a prototype.
import { isObject } from '../../../json.js'

/** The value below these names; undefined where there is none. */
export const at = (payload: unknown, ...names: readonly string[]): unknown =>
  names.reduce(
    (value: unknown, name) =>
      isObject(value) && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined,
    payload,
  )

/** The text there; undefined where it is none, or empty. */
export function textAt(payload: unknown, ...names: readonly string[]): string | undefined {
  const value = at(payload, ...names)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The list there; empty where it is none. */
export function listAt(payload: unknown, ...names: readonly string[]): readonly unknown[] {
  const value = at(payload, ...names)
  return Array.isArray(value) ? value : []
}
