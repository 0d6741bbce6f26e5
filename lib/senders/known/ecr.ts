// Pure: the push to Amazon ECR, as EventBridge sends it to an API destination. Account and region make the host, which has another
// ending in China.
// Built as a part of its own.
import { at, textAt } from './reading/payload.js'
import { ignored, pushed, tagged } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const ecr: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'send the event as it is, from an API destination of EventBridge',
  proofs: [{ by: 'value', header: 'authorization' }],
  decisiveHeaders: [],
  deliveryId: (_, payload) => textAt(payload, 'id'),
  identifiedBy: 'body', // it has the id
  onRefusal: 'shows',
  test: { payload: { 'detail-type': 'Scheduled Event' } },
  read(_, payload) {
    const detail = at(payload, 'detail')
    const isPush =
      at(payload, 'detail-type') === 'ECR Image Action' &&
      at(detail, 'action-type') === 'PUSH' &&
      at(detail, 'result') === 'SUCCESS'
    if (!isPush) return ignored('event is not a push')
    const region = textAt(payload, 'region') ?? ''
    const host = `${textAt(payload, 'account') ?? ''}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
    return pushed([tagged(host, textAt(detail, 'repository-name'), textAt(detail, 'image-tag'))])
  },
}
