// Pure: the update of an image at zot, a CloudEvent whose type and id are headers. It does not name the host. A push that changes nothing
// is announced by nothing; a tag that goes back to what it was has the same body as before, so the id is what tells.
// Built as a part of its own.
import { singleHeader } from '../../http/headers.js'
import { textAt } from './reading/payload.js'
import { ignored, pushed, tagged } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const zot: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'send the events of zot by its http sink',
  proofs: [{ by: 'value', header: 'authorization' }],
  decisiveHeaders: ['ce-type', 'ce-id'],
  deliveryId: headers => singleHeader(headers, 'ce-id'),
  identifiedBy: 'id',
  onRefusal: 'shows',
  test: { headers: { 'Ce-Type': 'zotregistry.repository.created', 'Ce-Id': 'test' }, payload: {} },
  read(headers, payload) {
    if (singleHeader(headers, 'ce-type') !== 'zotregistry.image.updated')
      return ignored('event is not a push')
    return pushed([tagged(undefined, textAt(payload, 'name'), textAt(payload, 'reference'))])
  },
}
