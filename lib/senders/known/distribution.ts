// Pure: notifications of the Distribution registry: `registry:2`, Debian's docker-registry and all of 2.x send v1, 3.x sends v2. It sends
// each layer too, with everything else waiting until it is answered 2xx, and repeats what is not for ever.
// Built as a part of its own.
import { at, listAt, textAt } from './reading/payload.js'
import { ignored, pushed, tagged } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const distribution: Sender = {
  contentTypes: [
    'application/vnd.docker.distribution.events.v1+json',
    'application/vnd.docker.distribution.events.v2+json',
    'application/json',
  ],
  contentTypeHint: 'send notifications of the registry here',
  proofs: [{ by: 'value', header: 'authorization' }],
  decisiveHeaders: [],
  deliveryId: (_, payload) => textAt(listAt(payload, 'events')[0], 'id'),
  identifiedBy: 'body', // repeated byte for byte, with the ids of its events
  onRefusal: 'stops',
  test: { payload: { events: [] } },
  read(_, payload) {
    if (!Array.isArray(at(payload, 'events'))) return ignored('not understood')
    const pushes = listAt(payload, 'events').filter(
      event => at(event, 'action') === 'push' && textAt(event, 'target', 'tag') !== undefined,
    )
    const images = pushes.map(event =>
      tagged(
        textAt(event, 'request', 'host'),
        textAt(event, 'target', 'repository'),
        textAt(event, 'target', 'tag'),
      ),
    )
    return pushed(images, 'no tag was pushed')
  },
}
