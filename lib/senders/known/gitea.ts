// Pure: the `package` event of Forgejo and Gitea, which speak one dialect. They fold name and tag to lower case before they tell them,
// and fold what is pulled too. A test delivery is a `push`. The JSON is signed, also where a form is sent.
// Built as a part of its own.
import { singleHeader } from '../../http/headers.js'
import { at, textAt } from './reading/payload.js'
import { ignored, pushed, tagged } from './reading/push.js'
import type { Sender } from './reading/sender.js'

export const gitea: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'set the content type of the webhook to application/json',
  proofs: [{ by: 'hmac', header: 'x-gitea-signature', prefix: '' }],
  decisiveHeaders: ['x-gitea-event', 'x-gitea-delivery'],
  deliveryId: headers => singleHeader(headers, 'x-gitea-delivery'),
  identifiedBy: 'body', // a replay has another id
  onRefusal: 'shows',
  test: { headers: { 'X-Gitea-Event': 'push' }, payload: { ref: 'refs/heads/main' } },
  read(headers, payload) {
    if (singleHeader(headers, 'x-gitea-event') !== 'package') return ignored('event is not a package push')
    if (at(payload, 'action') !== 'created') return ignored('action is not created')
    const image = at(payload, 'package')
    if (at(image, 'type') !== 'container') return ignored('package is not a container image')
    const repository = [textAt(image, 'owner', 'login') ?? '', textAt(image, 'name') ?? ''].join('/')
    const found = tagged(hostOf(textAt(image, 'html_url')), repository, textAt(image, 'version'))
    return pushed(
      [found && { ...found, foldsTag: true }],
      'no usable tag: an untagged child of a multi-arch image',
    )
  },
}

/** A forge below a path serves images at the root of its host all the same. */
function hostOf(url: string | undefined): string | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : new URL(url).host || undefined
}
