// Pure: whatever can sign by Standard Webhooks: {"type":"image.pushed","data":{"image":"registry.example.org/acme/web:latest"}}, or a list
// as `images`. The id and the time are signed; bodies may repeat.
// Built as a part of its own.
import { singleHeader } from '../../http/headers.js'
import { parseImage } from '../../targets/image.js'
import { at, listAt } from './reading/payload.js'
import { ignored, pushed } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const standard: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'send the body as application/json',
  proofs: [{ by: 'standard-webhooks' }],
  decisiveHeaders: ['webhook-id', 'webhook-timestamp'],
  deliveryId: headers => singleHeader(headers, 'webhook-id'),
  identifiedBy: 'id',
  onRefusal: 'shows',
  test: { payload: { type: 'webhook.test', data: {} } },
  read(_, payload) {
    if (at(payload, 'type') !== 'image.pushed') return ignored('event is not image.pushed')
    const images = [at(payload, 'data', 'image'), ...listAt(payload, 'data', 'images')]
    return pushed(
      images.map(text => (typeof text === 'string' && !text.includes('@') ? parseImage(text) : undefined)),
    )
  },
}
