// podman, by its own commands. An image's Id (the config digest) is the one answer to "did it change for this host":
// its Digest has two forms, and neither changes exactly when the Id does.
import * as v from 'valibot'
import { type Argv, output } from './exec.js'

const QUICK_MS = 30_000

export interface Container {
  readonly id: string
  readonly name: string
  /** The reference it was created from. */
  readonly image: string
  /** The image it runs, which is not always what that reference now names. */
  readonly imageId: string
  readonly state: string
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
    pod: row.Pod ?? '',
    infra: row.IsInfra ?? false,
    unit: row.Labels?.['PODMAN_SYSTEMD_UNIT'] ?? '',
  }))
}

export async function containers(unit?: string): Promise<Container[]> {
  return parseContainers(await output(containersArgv(unit), { timeoutMs: QUICK_MS }))
}

/** Without --policy, which podman has since 5.6 only. Its own three retries cover a registry that is slow to answer. */
export const pullArgv = (reference: string): Argv => ['podman', 'pull', '--quiet', '--', reference]

/** The last line is the image id, 64 hex digits, whether or not anything changed. Undefined where it is not. */
export function parsePull(text: string): string | undefined {
  const id = plainId(text.trim().split('\n').at(-1) ?? '')
  return /^[0-9a-f]{64}$/.test(id) ? id : undefined
}

/** Pulls and gives the image id. Throws CommandFailed. */
export async function pull(reference: string, timeoutMs: number): Promise<string> {
  const text = await output(pullArgv(reference), { timeoutMs })
  const id = parsePull(text)
  if (id === undefined) throw new Error(`podman pull answered without an image id: ${text.slice(0, 200)}`)
  return id
}

const plainId = (id: string): string => id.replace(/^sha256:/, '')
