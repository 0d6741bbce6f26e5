// Pure: the push of Azure Container Registry. It sends no proof of its own: the header that carries it is one that its owner adds.
// Built as a part of its own.
import { at, textAt } from './reading/payload.js'
import { ignored, pushed, tagged } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const acr: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'leave the media type of the webhook as it is',
  proofs: [{ by: 'value', header: 'authorization' }],
  decisiveHeaders: [],
  deliveryId: (_, payload) => textAt(payload, 'id'),
  identifiedBy: 'body', // it has the id
  onRefusal: 'shows',
  test: { payload: { action: 'ping' } },
  read(_, payload) {
    if (at(payload, 'action') !== 'push') return ignored('event is not a push')
    const repository = textAt(payload, 'target', 'repository')
    return pushed([tagged(textAt(payload, 'request', 'host'), repository, textAt(payload, 'target', 'tag'))])
  },
}
