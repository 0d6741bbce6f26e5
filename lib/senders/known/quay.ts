// Pure: the push notification of Quay, whose proof can only be in the URL. It has no name of the event, no id, and the same bytes for
// every push of a tag. The test button's cannot be told from a push. Three refused in a row switch it off.
// Built as a part of its own.
import { parseImage } from '../../targets/image.js'
import { at, listAt, textAt } from './reading/payload.js'
import { ignored, pushed } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const quay: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'send the webhook of a push to a repository',
  proofs: [{ by: 'query' }],
  decisiveHeaders: [],
  identifiedBy: 'nothing',
  onRefusal: 'stops',
  test: { payload: { message: 'TEST NOTIFICATION' } },
  read(_, payload) {
    const tags = at(payload, 'updated_tags')
    if (!Array.isArray(tags)) return ignored('not a push')
    const repository = textAt(payload, 'docker_url')
    return pushed(
      listAt(payload, 'updated_tags').map(tag =>
        typeof tag === 'string' && tag !== '' && repository?.includes('/')
          ? parseImage(`${repository}:${tag}`)
          : undefined,
      ),
    )
  },
}
