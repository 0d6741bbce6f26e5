// Pure: what every webhook sender has in common. A sender has no effects: it gets headers and bytes, and gives what they say.
import type { HttpError } from '../errors.js'
import type { Headers } from '../http/headers.js'
import type { ImageRef } from '../targets/image.js'

/** What an authenticated delivery says. `images` are hints to go and look; nothing is pulled because of them. */
export type ParsedDelivery =
  | { readonly kind: 'push'; readonly images: readonly ImageRef[] }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: HttpError }

export interface Sender {
  /** The media types it sends; anything else is 415. */
  readonly contentTypes: readonly string[]
  /** What to tell a sender of another media type. */
  readonly contentTypeHint: string
  /** Which header carries the proof, for it may appear once only. */
  readonly singletonHeaders: readonly string[]
  verify(headers: Headers, body: Uint8Array, secrets: readonly string[]): boolean
  /** The id that a redelivery repeats; undefined where it is missing or malformed, which is a 400. */
  deliveryId(headers: Headers): string | undefined
  parse(headers: Headers, payload: unknown): ParsedDelivery
}
