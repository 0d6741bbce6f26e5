// Pure: JSON, read and printed. What is read is strict UTF-8 over the bytes that were verified: two bodies that differ only in invalid bytes
// must not read the same.

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

/** As people and programs are shown it: indented, and a line at its end. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
