// Pure: the pipeline event of GitLab, the nearest to a push of an image that a project can send. It names neither image nor tag, so all
// of the project's repositories are looked at. It is sent at each change of state; refused four times, it is switched off.
// Built as a part of its own.
import { singleHeader } from '../../http/headers.js'
import { parsePushed } from '../../targets/image.js'
import { at, textAt } from './reading/payload.js'
import { ignored, pushed } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const gitlab: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'send the pipeline events of GitLab, as JSON',
  proofs: [{ by: 'standard-webhooks' }, { by: 'value', header: 'x-gitlab-token' }],
  decisiveHeaders: ['idempotency-key', 'webhook-id', 'webhook-timestamp'],
  deliveryId: headers => singleHeader(headers, 'idempotency-key'),
  identifiedBy: 'body', // it has the pipeline and when that ended, and the key is not signed
  onRefusal: 'stops',
  test: { payload: { object_kind: 'push' } },
  read(_, payload) {
    if (at(payload, 'object_kind') !== 'pipeline') return ignored('event is not a pipeline')
    if (at(payload, 'object_attributes', 'source') === 'merge_request_event')
      return ignored('the pipeline is of a merge request')
    if (at(payload, 'object_attributes', 'status') !== 'success')
      return ignored('the pipeline has not succeeded')
    const found = parsePushed(undefined, textAt(payload, 'project', 'path_with_namespace'), undefined)
    return pushed([found && { ...found, below: true }], 'the project has no path')
  },
}
