// Pure: image references, parsed, normalised and compared as podman and docker read them: `nginx`, `docker.io/library/nginx`
// and `Docker.io/library/nginx:latest` are one image. Grammar: the reference package of the distribution project. Short-name
// aliases are not resolved: a unit should name its registry.

export interface ImageRef {
  readonly host: string
  readonly repository: string
  readonly tag: string
  /** `sha256:…`, or undefined where the reference is not pinned. */
  readonly digest: string | undefined
}

/** What a push moved, as far as its sender tells. What is undefined may be anything. */
export interface Pushed {
  readonly host: string | undefined
  readonly repository: string
  readonly tag: string | undefined
  /** Or any repository below that one. */
  readonly below?: true
  /** Its sender tells tags in lower case, whatever they are called. */
  readonly foldsTag?: true
}

const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/
const ASCII = /^[\x21-\x7e]{1,512}$/

export const isTag = (text: string): boolean => TAG.test(text)
const isDigest = (text: string): boolean => DIGEST.test(text)

/**
 * Reads a reference. Host and repository are lower-cased (GitHub sends owners as they are spelt), the tag is not.
 * Undefined for anything that is not a valid reference, or has an empty tag.
 */
export function parseImage(text: string): ImageRef | undefined {
  // Only ASCII is folded: U+212A (the Kelvin sign) lower-cases to `k`, and would pass as another name.
  if (!ASCII.test(text)) return undefined
  const [name, digest, ...more] = text.split('@')
  if (name === undefined || more.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined
  const colon = name.lastIndexOf(':')
  const tagged = colon > name.lastIndexOf('/')
  const tag = tagged ? name.slice(colon + 1) : 'latest'
  const path = (tagged ? name.slice(0, colon) : name).toLowerCase()
  if (!isTag(tag)) return undefined
  const { host, repository } = splitHost(path)
  if (!HOST.test(host) || !repository.split('/').every(part => COMPONENT.test(part))) return undefined
  return { host, repository, tag, digest }
}

function splitHost(path: string): { host: string; repository: string } {
  const slash = path.indexOf('/')
  const first = path.slice(0, Math.max(slash, 0))
  if (/[.:]/.test(first) || first === 'localhost') {
    const host = first === 'index.docker.io' || first === 'registry-1.docker.io' ? 'docker.io' : first
    const rest = path.slice(slash + 1)
    return { host, repository: host === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest }
  }
  return { host: 'docker.io', repository: slash > 0 ? path : `library/${path}` }
}

/** Whether a reference names its registry. What a short name stands for is the host's choice: shortnames.conf, registries.conf(5). */
export const isQualified = (text: string): boolean =>
  isReference(text) && /[.:]|^localhost$/.test(text.slice(0, Math.max(text.indexOf('/'), 0)))

/** Whether a text is a reference as it is. */
export const isReference = (text: string): boolean => parseImage(text) !== undefined

/** The one spelling of a reference: host, repository, tag, and the digest where there is one. */
export function formatImage(image: ImageRef): string {
  const digest = image.digest === undefined ? '' : `@${image.digest}`
  return `${image.host}/${image.repository}:${image.tag}${digest}`
}

/** The spelling under which what is known of an image is kept; a text that is no reference is kept as it is. */
export function canonicalImage(reference: string): string {
  const image = parseImage(reference)
  return image === undefined ? reference : formatImage(image)
}

/**
 * Reads what a sender tells of a push by its parts, as parseImage reads the whole. Undefined where repository or tag is not valid; a host
 * that no reference can have, such as a bare name that only its own network knows, is as good as none.
 */
export function parsePushed(
  told: string | undefined,
  repository: string | undefined,
  tag: string | undefined,
): Pushed | undefined {
  const host = told !== undefined && /^[^/@]*[.:][^/@]*$|^localhost$/.test(told) ? told : undefined
  const image = parseImage(`${host ?? 'any.invalid'}/${repository ?? ''}:${tag ?? 'any'}`)
  if (image === undefined || image.digest !== undefined) return undefined
  return { host: host && image.host, repository: image.repository, tag: tag && image.tag }
}

/** The spelling of what was pushed; a host that is not known is `*`, a tag that is not is left out. */
export const formatPushed = ({ host, repository, tag }: Pushed): string =>
  `${host ?? '*'}/${repository}${tag === undefined ? '' : `:${tag}`}`

/** True where a push of `pushed` moves the tag that `used` follows. A pinned reference follows nothing. */
export function follows(used: ImageRef, pushed: Pushed): boolean {
  if (used.digest !== undefined || !sameRepository(used, pushed)) return false
  const tag = pushed.foldsTag ? used.tag.toLowerCase() : used.tag
  return pushed.tag === undefined || tag === pushed.tag
}

export function sameRepository(used: ImageRef, pushed: Pushed): boolean {
  if (pushed.host !== undefined && used.host !== pushed.host) return false
  const isBelow = pushed.below === true && used.repository.startsWith(`${pushed.repository}/`)
  return used.repository === pushed.repository || isBelow
}
