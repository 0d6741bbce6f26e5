// Pure: what every sender of webhooks says of itself, mostly as data. A sender has no effects and compares no secret: it says where
// its proof is, and what an authentic request of its kind tells.
import type { HttpError } from '../../../errors.js'
import type { Headers } from '../../../http/headers.js'
import type { Pushed } from '../../../targets/image.js'

/** Where a request shows that its sender has the secret; judged by verify.ts, which says what each is. */
export type Proof =
  | { readonly by: 'hmac'; readonly header: string; readonly prefix: '' | 'sha256=' }
  | { readonly by: 'standard-webhooks' }
  | { readonly by: 'value'; readonly header: string }
  | { readonly by: 'query' }

/** What an authentic delivery says. `images` are hints to go and look; nothing is pulled because of them. */
export type Reading =
  | { readonly kind: 'push'; readonly images: readonly Pushed[] }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: HttpError }

export interface Sender {
  /** The media types it sends; anything else is 415. */
  readonly contentTypes: readonly string[]
  /** What to tell a sender of another media type. */
  readonly contentTypeHint: string
  /** The first whose header is there counts, right or wrong; one in the query is always there. */
  readonly proofs: readonly [Proof, ...Proof[]]
  /** Headers besides the proof's that decide what a request is: each may appear once only. */
  readonly decisiveHeaders: readonly string[]
  /** The id that a repeated delivery keeps. Absent, or undefined for a request without one, where the body is all that tells. */
  deliveryId?(headers: Headers, payload: unknown): string | undefined
  /**
   * What makes two requests the same work, which is done once: the same body; the same body under the same id, where bodies repeat
   * and the id is as well proven as they are; or `nothing`, where neither can tell a repetition from the next push.
   */
  readonly identifiedBy: 'body' | 'id' | 'nothing'
  /** `stops`: it repeats a refused one for ever, or switches itself off; so what is authentic is not refused. */
  readonly onRefusal: 'shows' | 'stops'
  /** A request of its kind that is authentic and changes nothing. */
  readonly test: { readonly headers?: Readonly<Record<string, string>>; readonly payload: object }
  read(headers: Headers, payload: unknown): Reading
}
