// podman, by its own commands. An image's Id (the config digest) is the one answer to "did it change for this host":
// its Digest has two forms, and neither changes exactly when the Id does.
import * as v from 'valibot'
import { CommandFailed } from './errors.js'
import { type Argv, type ExecOptions, finishQuick, output, outputQuick } from './exec.js'

const QUICK_MS = 30_000

export interface Container {
  readonly id: string
  readonly name: string
  /** The reference it was created from. */
  readonly image: string
  /** The image it runs, which is not always what that reference now names. */
  readonly imageId: string
  readonly state: string
  /** healthy, unhealthy or starting; empty for a container without a health check. */
  readonly health: string
  readonly pod: string
  readonly infra: boolean
  /** PODMAN_SYSTEMD_UNIT, which quadlet sets; empty where no unit owns it. */
  readonly unit: string
}

const Listed = v.array(
  v.object({
    Id: v.string(),
    Names: v.nullish(v.array(v.string()), []),
    Image: v.string(),
    ImageID: v.string(),
    State: v.string(),
    Status: v.nullish(v.string(), ''),
    Pod: v.nullish(v.string(), ''),
    IsInfra: v.nullish(v.boolean(), false),
    Labels: v.nullish(v.record(v.string(), v.string()), {}),
  }),
)

/** Every container, or those of one unit. */
export const containersArgv = (unit?: string): Argv => [
  'podman',
  'ps',
  '--all',
  '--no-trunc',
  '--format=json',
  ...(unit === undefined ? [] : [`--filter=label=PODMAN_SYSTEMD_UNIT=${unit}`]),
]

/** Empty output means no containers: podman prints nothing, not [], in some versions. */
export function parseContainers(text: string): Container[] {
  return v.parse(Listed, text.trim() === '' ? [] : JSON.parse(text)).map(row => ({
    id: row.Id,
    name: row.Names?.[0] ?? '',
    image: row.Image,
    imageId: plainId(row.ImageID),
    state: row.State,
    health: /\((healthy|unhealthy|starting)\)/.exec(row.Status ?? '')?.[1] ?? '',
    pod: row.Pod ?? '',
    infra: row.IsInfra ?? false,
    unit: row.Labels?.['PODMAN_SYSTEMD_UNIT'] ?? '',
  }))
}

export async function containers(unit?: string): Promise<Container[]> {
  return parseContainers(await outputQuick(containersArgv(unit), QUICK_MS))
}

/** The unit's own container, where it has one. A .kube unit has more, which only wait: the pod's, and one for itself. */
export const containerOf = (unit: string, all: readonly Container[]): Container | undefined =>
  all.find(other => other.unit === unit && !other.infra && !other.image.startsWith('localhost/podman-pause:'))

export const healthCheckArgv = (containerId: string): Argv => [
  'podman',
  'container',
  'inspect',
  '--format={{json .Config.Healthcheck}}',
  '--',
  containerId,
]

const HealthCheck = v.nullable(
  v.object({
    StartPeriod: v.optional(v.number(), 0),
    Interval: v.optional(v.number(), 0),
    Timeout: v.optional(v.number(), 0),
    Retries: v.optional(v.number(), 0),
  }),
)

/** How long podman takes, ms, to call a container unhealthy that never gets healthy. What it prints is in nanoseconds. */
export function parseHealthCheck(text: string): number {
  const check = v.parse(HealthCheck, JSON.parse(text))
  if (check === null) return 0
  return (check.StartPeriod + (check.Interval + check.Timeout) * check.Retries) / 1e6
}

/** The same of a container, 0 where it is gone. */
export async function healthCheckMs(containerId: string): Promise<number> {
  const { code, stdout } = await finishQuick(healthCheckArgv(containerId), QUICK_MS)
  return code === 0 ? parseHealthCheck(stdout) : 0
}

/** What to restart for a unit: for a member of a pod the pod's unit, because a lone member takes its pod down with it. */
export function restartUnitOf(unit: string, all: readonly Container[]): string {
  const pod = containerOf(unit, all)?.pod
  return (pod && all.find(other => other.pod === pod && other.infra)?.unit) || unit
}

/** Without --policy, which podman has since 5.6 only. Its own three retries cover a registry that is slow to answer. */
export const pullArgv = (reference: string, authFile?: string): Argv => [
  'podman',
  'pull',
  '--quiet',
  ...(authFile === undefined ? [] : [`--authfile=${authFile}`]),
  '--',
  reference,
]

/** The last line is the image id, 64 hex digits, whether or not anything changed. Undefined where it is not. */
export function parsePull(text: string): string | undefined {
  const id = plainId(text.trim().split('\n').at(-1) ?? '')
  return /^[0-9a-f]{64}$/.test(id) ? id : undefined
}

/** Pulls and gives the image id. Throws CommandFailed. */
export async function pull(
  reference: string,
  authFile: string | undefined,
  options: ExecOptions,
): Promise<string> {
  const argv = pullArgv(reference, authFile)
  const id = parsePull(await output(argv, options))
  if (id === undefined) throw new CommandFailed(argv, 0, '', 'answered without an image id')
  return id
}

/** Whether trying again may help: not where the registry gave an answer, or there is no room for what it gives. */
export const isTransient = (stderr: string): boolean =>
  !/unauthorized|authentication required|denied|forbidden|manifest unknown|not found|name unknown|invalid|no space left/i.test(
    stderr,
  )

export interface ImageIds {
  readonly id: string
  readonly digest: string
}

export const imageArgv = (reference: string): Argv => [
  'podman',
  'image',
  'inspect',
  '--format={{.Id}} {{.Digest}}',
  '--',
  reference,
]

/** What a reference or an id is in the local storage; undefined where it is not there. */
export async function localImage(reference: string): Promise<ImageIds | undefined> {
  const { code, stdout } = await finishQuick(imageArgv(reference), QUICK_MS)
  const [id, digest] = stdout.trim().split(' ')
  return code === 0 && id !== undefined ? { id: plainId(id), digest: digest ?? '' } : undefined
}

export const tagArgv = (imageId: string, reference: string): Argv => [
  'podman',
  'tag',
  '--',
  imageId,
  reference,
]

/** Makes `reference` name the image. Throws CommandFailed. */
export async function tag(imageId: string, reference: string): Promise<void> {
  await outputQuick(tagArgv(imageId, reference), QUICK_MS)
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

/** Removes an image if nothing needs it: neither a container nor a name. Gives whether it did. */
export async function remove(imageId: string): Promise<boolean> {
  const names = await finishQuick(namesArgv(imageId), QUICK_MS)
  if (names.code !== 0 || names.stdout.trim() !== '[]') return false
  return (await finishQuick(removeArgv(imageId), QUICK_MS)).code === 0
}

const plainId = (id: string): string => id.replace(/^sha256:/, '')
