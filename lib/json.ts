// Pure: JSON, read and printed. What is read is strict UTF-8 over the bytes that were verified: two bodies that differ only in invalid bytes
// must not read the same.
import { toUnicodeEscape } from './escape.js'

/** The value, or undefined for what is not JSON: invalid UTF-8, a byte order mark, nothing at all. */
export function parseJsonBytes(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)) }
  } catch {
    return undefined // every way of failing is the sender's mistake, and told as such
  }
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What JSON leaves as it is, and a terminal obeys or hides: C1, line separators, bidirectional and zero-width characters. */
const OBEYED = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** For whoever is outside: to a program the same text, and to a terminal harmless. */
export const toJsonLine = (value: unknown, indent?: number): string =>
  `${JSON.stringify(value, null, indent).replace(OBEYED, toUnicodeEscape)}\n`

/** As people and programs are shown it: indented. */
export const toJson = (value: unknown): string => toJsonLine(value, 2)
