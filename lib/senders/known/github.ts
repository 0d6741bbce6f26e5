// Pure: GitHub's `package` and `registry_package` events. The version has either name; `package_url` is the one field with
// the whole pull reference, but it is missing or ends in a colon for untagged children, and `metadata` is an empty array in
// real deliveries. Every field is optional here, because each has been seen missing.
// Built as a part of its own.
import * as v from 'valibot'
import { httpError } from '../../errors.js'
import { type Headers, singleHeader } from '../../http/headers.js'
import { type ImageRef, isTag, parseImage } from '../../targets/image.js'
import { ignored } from './reading/push.js'
import type { Reading, Sender } from './reading/sender.js'

const text = v.fallback(v.optional(v.string()), undefined)
const node = <E extends v.ObjectEntries>(entries: E) => v.fallback(v.optional(v.object(entries)), undefined)

const Tagged = node({ name: text })
const Version = node({
  package_url: text,
  container_metadata: node({ tag: Tagged }),
  metadata: node({
    container: node({ tags: v.fallback(v.optional(v.array(v.string())), undefined), tag_name: text }),
  }),
})
const Package = v.object({
  name: text,
  namespace: text,
  package_type: text,
  ecosystem: text,
  owner: node({ login: text }),
  package_version: Version,
})
const Payload = v.object({
  action: v.string(),
  package: v.nullish(Package),
  registry_package: v.nullish(Package),
})
type PackageNode = v.InferOutput<typeof Package>

const CONTAINER = new Set(['container', 'docker'])
const ACTIONS = new Set(['published', 'updated'])
const MAX_TAGS = 100
const DELIVERY = /^[0-9a-zA-Z-]{1,64}$/ // a GUID

const refused = (status: number, detail: string): Reading => ({
  kind: 'refused',
  error: httpError(status, detail),
})

function deliveryId(headers: Headers): string | undefined {
  const id = singleHeader(headers, 'x-github-delivery')
  return id !== undefined && DELIVERY.test(id) ? id : undefined
}

export const github: Sender = {
  contentTypes: ['application/json'],
  contentTypeHint: 'set the content type of the webhook to application/json',
  proofs: [{ by: 'hmac', header: 'x-hub-signature-256', prefix: 'sha256=' }],
  decisiveHeaders: ['x-github-event', 'x-github-delivery'],
  deliveryId,
  identifiedBy: 'body', // which is all that is signed
  onRefusal: 'shows',
  test: {
    headers: { 'X-GitHub-Event': 'ping', 'X-GitHub-Delivery': 'test' },
    payload: { zen: 'Speak like a human.', hook_id: 0 },
  },
  read(headers, payload) {
    // Forgejo and Gitea say all that GitHub says, and mean something else by it.
    if (headers['x-gitea-event'] !== undefined)
      return refused(
        422,
        'this is a webhook of Forgejo or Gitea: change its URL to /hooks/forgejo or /hooks/gitea',
      )
    if (deliveryId(headers) === undefined) return refused(400, 'the delivery id is missing or malformed')
    const event = singleHeader(headers, 'x-github-event')
    if (event === undefined) return refused(400, 'X-GitHub-Event is missing')
    if (event === 'ping') return ignored('ping')
    if (event !== 'package' && event !== 'registry_package') return ignored('event is not a package push')
    return readPackage(payload)
  },
}

function readPackage(payload: unknown): Reading {
  const parsed = v.safeParse(Payload, payload)
  const pushed = parsed.success
    ? (parsed.output.package ?? parsed.output.registry_package ?? undefined)
    : undefined
  if (!parsed.success || pushed === undefined) return refused(422, 'the body is not a package event')
  if (!ACTIONS.has(parsed.output.action)) return ignored('action is neither published nor updated')
  if (![pushed.package_type, pushed.ecosystem].some(kind => CONTAINER.has((kind ?? '').toLowerCase()))) {
    return ignored('package is not a container image')
  }
  const images = pushedImages(pushed)
  return images.length === 0
    ? ignored('no usable tag: an untagged child of a multi-arch image, or a malformed reference')
    : { kind: 'push', images }
}

function pushedImages(pushed: PackageNode): ImageRef[] {
  const version = pushed.package_version
  const url = version?.package_url
  const full = url === undefined || /[:@]$/.test(url) ? undefined : parseImage(url)
  const base = repositoryOf(pushed)
  const tags = [version?.container_metadata?.tag?.name, version?.metadata?.container?.tag_name]
    .concat(version?.metadata?.container?.tags ?? [])
    .filter((tag): tag is string => tag !== undefined && isTag(tag) && !tag.startsWith('sha256'))
    .slice(0, MAX_TAGS)
  const host = full === undefined ? base : `${full.host}/${full.repository}`
  const named = host === undefined ? [] : [...new Set(tags)].map(tag => parseImage(`${host}:${tag}`))
  const hasTag = full !== undefined && full.digest === undefined && url?.includes(':', url.lastIndexOf('/'))
  return dedupe([...(hasTag ? [full] : []), ...named])
}

/** ghcr.io/<namespace>/<name>: GitHub's registry.url is the package page's host, not the one to pull from. */
function repositoryOf({ name, namespace, owner }: PackageNode): string | undefined {
  const space = namespace || owner?.login
  return name && space ? `ghcr.io/${space}/${name}` : undefined
}

function dedupe(images: readonly (ImageRef | undefined)[]): ImageRef[] {
  const seen = new Map<string, ImageRef>()
  for (const image of images) {
    if (image !== undefined) seen.set(`${image.host}/${image.repository}:${image.tag}`, image)
  }
  return [...seen.values()]
}
