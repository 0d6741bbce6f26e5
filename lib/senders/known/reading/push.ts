// Pure: what comes of a request: the images that it names, each once and no more than can be looked at, or why there is none.
import { formatPushed, type Pushed, parsePushed } from '../../../targets/image.js'
import type { Reading } from './sender.js'

const MAX_IMAGES = 100

export const ignored = (reason: string): Reading => ({ kind: 'ignored', reason })

/** `why` is told where none of them is an image. */
export function pushed(images: readonly (Pushed | undefined)[], why = 'no usable tag'): Reading {
  const found = new Map(images.flatMap(image => (image === undefined ? [] : [[formatPushed(image), image]])))
  const first = [...found.values()].slice(0, MAX_IMAGES)
  return first.length === 0 ? ignored(why) : { kind: 'push', images: first }
}

/** Of a sender that always tells the tag: without one there is no image. */
export const tagged = (
  host: string | undefined,
  repository: string | undefined,
  tag: string | undefined,
): Pushed | undefined => (tag === undefined ? undefined : parsePushed(host, repository, tag))
