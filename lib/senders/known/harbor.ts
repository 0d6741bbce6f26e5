// Pure: the push of Harbor, in its own format or as a CloudEvent. `resource_url` is what one pulls; the tag of an untagged child is its
// digest. A tag that is made in the UI is announced by nothing.
// Built as a part of its own.
import { parseImage } from '../../targets/image.js'
import { at, listAt, textAt } from './reading/payload.js'
import { ignored, pushed } from './reading/push.js'
import type { Sender } from './reading/sender.js'

const PUSHES: readonly unknown[] = ['PUSH_ARTIFACT', 'harbor.artifact.pushed']

export const harbor: Sender = {
  contentTypes: ['application/json', 'application/cloudevents+json'],
  contentTypeHint: 'send the events of Harbor as JSON',
  proofs: [{ by: 'value', header: 'authorization' }],
  decisiveHeaders: [],
  deliveryId: (_, payload) => textAt(payload, 'id'),
  identifiedBy: 'body', // it has the second of the push
  onRefusal: 'shows',
  test: { payload: { type: 'PULL_ARTIFACT' } },
  read(_, payload) {
    if (!PUSHES.includes(at(payload, 'type'))) return ignored('event is not a push')
    const resources = [...listAt(payload, 'event_data', 'resources'), ...listAt(payload, 'data', 'resources')]
    return pushed(
      resources.map(resource => {
        const url = textAt(resource, 'resource_url')
        const isTagged = url?.endsWith(`:${textAt(resource, 'tag') ?? '/'}`) === true && !url.includes('@')
        return isTagged ? parseImage(url) : undefined
      }),
    )
  },
}
