// podman's containers, by its own commands.
import * as v from 'valibot'
import { type Argv, execShort, execShortStdout, PODMAN_MS, understand } from './exec.js'

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
  /** Since when it runs, ms since 1970; 0 where podman does not say. */
  readonly startedMs: number
  /** How often podman has restarted it by its own policy; systemd does not see that. */
  readonly restarts: number
  readonly pod: string
  readonly infra: boolean
  /** PODMAN_SYSTEMD_UNIT: what it says of itself, or its image does. No proof: see unit-processes.ts. */
  readonly claimedUnit: string
}

const Listed = v.array(
  v.object({
    Id: v.string(),
    Names: v.nullish(v.array(v.string()), []),
    Image: v.string(),
    ImageID: v.string(),
    State: v.string(),
    Status: v.nullish(v.string(), ''),
    StartedAt: v.nullish(v.number(), 0),
    Restarts: v.nullish(v.number(), 0),
    Pod: v.nullish(v.string(), ''),
    IsInfra: v.nullish(v.boolean(), false),
    Labels: v.nullish(v.record(v.string(), v.nullish(v.string(), '')), {}),
  }),
)

export const CONTAINERS_ARGV: Argv = ['podman', 'ps', '--all', '--no-trunc', '--format=json']

/** Empty output means no containers: podman prints nothing, not [], in some versions. */
export function parseContainers(text: string): Container[] {
  return v.parse(Listed, text.trim() === '' ? [] : JSON.parse(text)).map(row => ({
    id: row.Id,
    name: row.Names?.[0] ?? '',
    image: row.Image,
    imageId: plainId(row.ImageID),
    state: row.State,
    health: /\((healthy|unhealthy|starting)\)/.exec(row.Status ?? '')?.[1] ?? '',
    startedMs: Math.max(0, row.StartedAt ?? 0) * 1000,
    restarts: row.Restarts ?? 0,
    pod: row.Pod ?? '',
    infra: row.IsInfra ?? false,
    claimedUnit: row.Labels?.['PODMAN_SYSTEMD_UNIT'] ?? '',
  }))
}

/** Every container of this user's podman. Throws CommandFailed. */
export async function containers(): Promise<Container[]> {
  const text = await execShortStdout(CONTAINERS_ARGV, PODMAN_MS)
  return understand(CONTAINERS_ARGV, () => parseContainers(text))
}

/** One that only waits: a pod's, or the one that stands for a .kube unit. */
export const isPause = ({ infra, image }: Container): boolean =>
  infra || image === '' || image.startsWith('localhost/podman-pause:')

export const healthCheckArgv = (containerId: string): Argv => [
  'podman',
  'container',
  'inspect',
  '--format={{json .Config.Healthcheck}}\n{{json .Config.StartupHealthCheck}}',
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

/**
 * How long podman takes, ms, to call a container unhealthy that never gets healthy: its startup check and then its health check,
 * a line for each. What it prints is in nanoseconds. A startup check without retries has no end.
 */
export function parseHealthCheck(text: string): number {
  const [regular, startup] = text
    .trim()
    .split('\n')
    .map(line => v.parse(HealthCheck, JSON.parse(line)))
  if (startup?.Retries === 0) return Number.POSITIVE_INFINITY
  return [regular, startup].reduce(
    (ms, check) =>
      check ? ms + (check.StartPeriod + (check.Interval + check.Timeout) * check.Retries) / 1e6 : ms,
    0,
  )
}

/** The same of a container, 0 where it is gone. */
export async function healthCheckMs(containerId: string): Promise<number> {
  const argv = healthCheckArgv(containerId)
  const { code, stdout } = await execShort(argv, PODMAN_MS)
  return code === 0 ? understand(argv, () => parseHealthCheck(stdout)) : 0
}

export const originArgv = (containerId: string): Argv => [
  'podman',
  'container',
  'inspect',
  '--format={{.ImageName}}\n{{json .Config.CreateCommand}}',
  '--',
  containerId,
]

/** What a container was made from: the name as podman has resolved it, and the words of the command; undefined where it is gone. */
export async function originOf(
  containerId: string,
): Promise<{ readonly image: string; readonly words: readonly string[] } | undefined> {
  const argv = originArgv(containerId)
  const { code, stdout } = await execShort(argv, PODMAN_MS)
  if (code !== 0) return undefined
  const [image = '', command = 'null'] = stdout.split('\n')
  const words = understand(argv, () => v.parse(v.nullable(v.array(v.string())), JSON.parse(command)))
  return { image, words: words ?? [] }
}

export const plainId = (id: string): string => id.replace(/^sha256:/, '')
