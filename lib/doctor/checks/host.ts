// Pure: what the host must have, judged by the output of its programs. `undefined` is a program that did not answer.
import type { Config } from '../../config/config.js'
import type { BrokenQuadlet } from '../../host/quadlet.js'
import { type CheckResult, ok, problem, warning } from './finding.js'

type Scope = Config['scope']

/** How a program ended, as far as a verdict needs it. */
export interface CommandResult {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly trouble: string | undefined
}

/** The last that a program said about why it failed. */
export const reasonOf = ({ code, stderr, trouble }: CommandResult): string =>
  [trouble ?? `exit status ${code}`, stderr.trim()].filter(text => text !== '').join(': ')

export const systemctl = (scope: Scope): string => (scope === 'user' ? 'systemctl --user' : 'systemctl')

/** By its numbers; what has none is taken for new enough, because nobody can tell. */
export function isOlder(version: string, oldest: string): boolean {
  const numbers = (text: string) => (/[0-9]+(\.[0-9]+)*/.exec(text)?.[0] ?? '').split('.').map(Number)
  const [own, wanted] = [numbers(version), numbers(oldest)]
  const differs = wanted.findIndex((number, index) => (own[index] ?? 0) !== number)
  return own[0] !== 0 && differs >= 0 && (own[differs] ?? 0) < (wanted[differs] ?? 0)
}

/** `started` is what the units start: its path and how its `--version` ended; undefined where no unit tells. */
export function judgeNode(
  own: string,
  started: { path: string; result: CommandResult } | undefined,
  oldest: string,
): CheckResult {
  const fix = `install Node ${oldest} or newer, then make install again`
  if (isOlder(own, oldest)) return problem(`${own} is too old`, fix)
  if (started === undefined) return ok(own)
  const version = started.result.stdout.trim()
  if (started.result.code !== 0) {
    const why = reasonOf(started.result)
    return problem(`the units start ${started.path}, which does not run: ${why}`, fix)
  }
  return isOlder(version, oldest)
    ? problem(`the units start ${started.path}, which is ${version}: too old`, fix)
    : ok(`${version}, ${started.path}`)
}

/** `systemctl is-system-running` says one word, and exits with 1 for all of them but running; `version` is of its --version. */
export function judgeManager(
  scope: Scope,
  result: CommandResult,
  version: CommandResult,
  oldest: string,
): CheckResult {
  const state = result.stdout.trim()
  const name = `the ${scope} manager`
  const [own = ''] = version.stdout.split('\n')
  const well = (detail: string) =>
    isOlder(own, oldest)
      ? warning(`${own}: nobody has tried what is older than ${oldest}`, 'upgrade the host')
      : ok(detail)
  if (state === 'running' || state === 'starting' || state === 'initializing')
    return well(`${name} is ${state}`)
  if (state === 'degraded')
    return well(`${name} is running; some unit failed (${systemctl(scope)} list-units --failed)`)
  if (state === 'maintenance' || state === 'stopping')
    return problem(`${name} is ${state}`, `journalctl -b -p err`)
  const fix =
    scope === 'user'
      ? 'log in as that user itself, by ssh or machinectl shell USER@, not by su or sudo; loginctl enable-linger'
      : 'run it on the host itself, where systemd is; or set WEBHOOK_SCOPE=user'
  return problem(`${name} cannot be reached: ${state || reasonOf(result)}`, fix)
}

/** logind knows nobody who is neither logged in nor lingering, and fails. */
export function judgeLinger(user: string, result: CommandResult): CheckResult {
  if (result.stdout.trim() === 'yes')
    return ok(`lingering is on for ${user}: the manager runs without a login`)
  const why = result.code === 0 ? '' : ` (${reasonOf(result)})`
  return problem(
    `lingering is off for ${user}: the socket stops when ${user} logs out${why}`,
    'loginctl enable-linger',
  )
}

/** `podman info` with its version and where its storage is. */
export function judgePodman(
  result: CommandResult,
  freeBytes: number | undefined,
  oldest: string,
): CheckResult {
  if (result.code !== 0)
    return problem(`podman does not answer: ${reasonOf(result)}`, 'install podman; podman info')
  const { version, storage } = parsePodman(result.stdout)
  const where = `podman ${version}, storage in ${storage}`
  if (isOlder(version, oldest))
    return warning(`podman ${version}: nobody has tried what is older than ${oldest}`, 'upgrade podman')
  if (freeBytes === undefined || freeBytes >= LITTLE_FOR_IMAGES) return ok(where)
  return warning(`${where}, where only ${inMib(freeBytes)} are free`, 'podman image prune')
}

const MIB = 1_048_576
const LITTLE_FOR_IMAGES = 1024 * MIB
export const inMib = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`

export function parsePodman(text: string): { version: string; storage: string } {
  const [version = '', ...storage] = text.trim().split(' ')
  return { version, storage: storage.join(' ') }
}

/** One that exits with 1 for broken files has made units of the others. */
export function judgeGenerator(
  path: string | undefined,
  result: CommandResult | undefined,
  units: number,
  [first, ...more]: readonly BrokenQuadlet[] = [],
): CheckResult {
  if (path === undefined || result === undefined) {
    const fix = 'install podman with its quadlets, or set WEBHOOK_QUADLET_GENERATOR'
    return warning('no quadlet generator: only units with a running container are known', fix)
  }
  if (result.code === 0) return ok(`${path}, ${units} units`)
  if (first === undefined) return problem(`${path} fails: ${reasonOf(result)}`, `${path} --dryrun`)
  const others = more.map(({ file, why }) => `; ${file}: ${why}`).join('')
  return problem(
    `${first.file}: ${first.why}${others}`,
    `fix it, then ${path} --dryrun; until then there is no unit of it`,
  )
}

export const judgeFlock = (result: CommandResult): CheckResult =>
  result.code === 0
    ? ok(result.stdout.trim())
    : problem(`flock does not run: ${reasonOf(result)}`, 'install util-linux')

const OLDEST_YEAR = 2025

/** Signatures do not depend on the clock, but limits, TLS to the registry and every record do. */
export function judgeClock(nowMs: number, synchronized: CommandResult): CheckResult {
  const now = new Date(nowMs).toISOString()
  const fix = 'timedatectl set-ntp true # in a container: on its host'
  if (nowMs < Date.UTC(OLDEST_YEAR, 0)) return problem(`it is not ${now}`, fix)
  if (synchronized.code === 0 && synchronized.stdout.trim() === 'no')
    return warning(`${now}, not synchronized`, fix)
  return ok(now)
}
