// What every webhook sender has in common. A sender decides, it never acts: headers and bytes in, a reading out.
import type { Refusal } from '../errors.js'
import type { ImageRef } from '../image.js'

/** Header values by lower-case name, every occurrence kept: `a: 1, a: 2` is ['1', '2'], never '1, 2'. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>

/** What an authenticated delivery says. `images` are hints to go and look; nothing is pulled because of them. */
export type Reading =
  | { readonly kind: 'push'; readonly images: readonly ImageRef[]; readonly action: string }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export interface Sender {
  /** The media types it sends; anything else is 415. */
  readonly contentTypes: readonly string[]
  /** What to tell a sender of another media type. */
  readonly contentTypeHint: string
  /** Which header carries the proof, for it may appear once only. */
  readonly decisiveHeaders: readonly string[]
  verify(headers: Headers, body: Uint8Array, secrets: readonly string[]): boolean
  /** The id that a redelivery repeats; undefined where it is missing or malformed, which is a 400. */
  deliveryId(headers: Headers): string | undefined
  read(headers: Headers, payload: unknown): Reading
}

/** The only value of a header, or undefined where it is absent or was sent twice. */
export function only(headers: Headers, name: string): string | undefined {
  const values = headers[name]
  return values?.length === 1 ? values[0] : undefined
}
