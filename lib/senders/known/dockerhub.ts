// Pure: the webhook of Docker Hub, whose proof can only be in the URL. Each is a push; there is no id, but the time of the push is in it.
// What it calls `callback_url` is never called.
// Built as a part of its own.
import { at, textAt } from './reading/payload.js'
import { ignored, pushed, tagged } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const dockerhub: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'send the webhook of a repository of Docker Hub',
  proofs: [{ by: 'query' }],
  decisiveHeaders: [],
  identifiedBy: 'body',
  onRefusal: 'shows',
  test: { payload: {} },
  read(_, payload) {
    const repository = textAt(payload, 'repository', 'repo_name')
    if (at(payload, 'push_data') === undefined || repository === undefined) return ignored('not understood')
    return pushed([tagged('docker.io', repository, textAt(payload, 'push_data', 'tag'))])
  },
}
