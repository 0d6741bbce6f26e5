// podman's images, by its own commands. An image's Id (the config digest) is the one answer to "did it change for this host":
// its Digest has two forms, and neither changes exactly when the Id does.
import * as v from 'valibot'
import { CommandFailed } from '../errors.js'
import {
  type Argv,
  type ExecOptions,
  execShort,
  execShortStdout,
  execStdout,
  PODMAN_MS,
  understand,
} from './exec.js'
import { plainId } from './podman.js'

/** Without --policy, which podman has since 5.6 only. Its own three retries cover a registry that is slow to answer. */
export const pullArgv = (
  reference: string,
  globals: readonly string[] = [],
  options: readonly string[] = [],
): Argv => ['podman', ...globals, 'pull', '--quiet', ...options, '--', reference]

/** Of the registry: an ordinary image of the local storage is no manifest list, and podman asks elsewhere for it. */
export const manifestArgv = (
  reference: string,
  globals: readonly string[] = [],
  options: readonly string[] = [],
): Argv => ['podman', ...globals, 'manifest', 'inspect', ...options, '--', reference]

const ManifestList = v.object({
  manifests: v.optional(
    v.array(v.object({ platform: v.optional(v.object({ os: v.string(), architecture: v.string() })) })),
    [],
  ),
})

/** `linux/arm64` of each image of a list; empty for a single image, whose manifest does not say. Throws where it is no JSON. */
export const parseManifest = (text: string): readonly string[] =>
  v
    .parse(ManifestList, JSON.parse(text))
    .manifests.flatMap(({ platform }) => (platform ? [`${platform.os}/${platform.architecture}`] : []))

/** The last line is the image id, 64 hex digits, whether or not anything changed. Undefined where it is not. */
export function parsePull(text: string): string | undefined {
  const id = plainId(text.trim().split('\n').at(-1) ?? '')
  return /^[0-9a-f]{64}$/.test(id) ? id : undefined
}

/** Pulls, with pullArgv(), and gives the image id. Throws CommandFailed. */
export async function pull(argv: Argv, options: ExecOptions): Promise<string> {
  const id = parsePull(await execStdout(argv, options))
  if (id === undefined) throw new CommandFailed(argv, 0, '', 'printed no image id')
  return id
}

/** podman says that it got the manifest of a single image, which it does not show (5.4). */
export const isSingleImage = (stderr: string): boolean => /single images as manifest lists/i.test(stderr)

const REFUSED = /unauthorized|authentication required|denied|forbidden/i
const MISSING = /manifest unknown|not found|name unknown/i
const HOPELESS = /invalid|no space left/i

/** The registry answered, and does not give the image to whoever asked. */
export const isRefusal = (stderr: string): boolean => REFUSED.test(stderr)
/** The registry answered, and has no such image. */
export const isMissing = (stderr: string): boolean => MISSING.test(stderr)
/** Whether trying again may help: not where the registry gave an answer, or there is no room for what it gives. */
export const isTransient = (stderr: string): boolean =>
  ![REFUSED, MISSING, HOPELESS].some(pattern => pattern.test(stderr))

export interface ImageIds {
  readonly id: string
  readonly digest: string
}

export const imagesArgv = (references: readonly string[]): Argv => [
  'podman',
  'image',
  'inspect',
  '--format={{.Id}} {{.Digest}} {{json .RepoTags}}',
  '--',
  ...references,
]

interface Found extends ImageIds {
  readonly names: readonly string[]
}

/** A line for each that is there, in their order. Throws where the names are no JSON. */
export function parseImages(text: string): readonly Found[] {
  const lines = text.split('\n').filter(line => line !== '')
  return lines.map(line => {
    const [, id = '', digest = '', names = ''] = /^(\S+) (\S*) (.*)$/.exec(line) ?? []
    return { id: plainId(id), digest, names: v.parse(Names, JSON.parse(names)) ?? [] }
  })
}

const Names = v.nullable(v.array(v.string()))

/** What a reference or an id is in the local storage; undefined where it is not there. */
export const localImage = async (reference: string): Promise<ImageIds | undefined> =>
  (await localImages([reference]))[0]

/** The same of several, which podman is asked for at once: its start takes longer than the answer. */
export async function localImages(references: readonly string[]): Promise<readonly (ImageIds | undefined)[]> {
  const argv = imagesArgv(references)
  // Where one is not there, it prints the others and exits with 125.
  const { stdout } = await execShort(argv, PODMAN_MS)
  const found = understand(argv, () => parseImages(stdout))
  return Promise.all(assign(references, found).map(one => (typeof one === 'string' ? localImage(one) : one)))
}

/** Which of `found` each reference is, or the reference itself where only podman can tell: it has another name there. */
export function assign(
  references: readonly string[],
  found: readonly Found[],
): readonly (ImageIds | string | undefined)[] {
  if (found.length === references.length) return found.map(idsOf)
  const byName = (reference: string) => found.find(({ names }) => names.includes(reference))
  const known = references.map(byName)
  const isEachKnown = found.every(one => known.includes(one))
  return known.map((one, index) => (one ? idsOf(one) : isEachKnown ? undefined : references[index]))
}

const idsOf = ({ id, digest }: Found): ImageIds => ({ id, digest })

export const platformsArgv = (ids: readonly string[]): Argv => [
  'podman',
  'image',
  'inspect',
  '--format={{.Os}}/{{.Architecture}}',
  '--',
  ...ids,
]

/** `linux/amd64` of each, in their order. Throws CommandFailed. */
export const platformsOf = async (ids: readonly string[]): Promise<readonly string[]> =>
  (await execShortStdout(platformsArgv(ids), PODMAN_MS)).trim().split('\n')

export const tagArgv = (imageId: string, reference: string): Argv => [
  'podman',
  'tag',
  '--',
  imageId,
  reference,
]

/** Makes `reference` name the image. Throws CommandFailed. */
export async function tag(imageId: string, reference: string): Promise<void> {
  await execShortStdout(tagArgv(imageId, reference), PODMAN_MS)
}

export const namesArgv = (imageId: string): Argv => [
  'podman',
  'image',
  'inspect',
  '--format={{.RepoTags}}',
  '--',
  imageId,
]

/** Without --force: an image that a container still uses stays. One that has a single name would go, name and all. */
export const removeArgv = (imageId: string): Argv => ['podman', 'image', 'rm', '--', imageId]

/** Removes an image if nothing needs it: neither a container nor a name. */
export async function remove(imageId: string): Promise<void> {
  const names = await execShort(namesArgv(imageId), PODMAN_MS)
  if (names.code === 0 && names.stdout.trim() === '[]') await execShort(removeArgv(imageId), PODMAN_MS)
}
