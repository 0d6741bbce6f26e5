// Pure: what was installed and configured: units, secrets, files, socket and timer.
import type { Config } from '../../config/config.js'
import { SENDER_NAMES, secretVariable } from '../../config/sender-names.js'
import { SECRETS } from '../../config/variables.js'
import { type CheckResult, ok, problem, warning } from './finding.js'
import { systemctl } from './host.js'

type Scope = Config['scope']

/** The configuration as it was read, or everything that is wrong with it. */
export interface ConfigurationFacts {
  readonly mistakes: readonly string[]
  /** The env file; undefined where there is none. */
  readonly envFile: string | undefined
  /** Names in that file that nothing reads. */
  readonly unknown: readonly string[]
  /** The env file that the units are told to read; undefined where no unit says. */
  readonly unitsEnvFile: string | undefined
}

export function judgeConfiguration({
  mistakes,
  envFile,
  unknown,
  unitsEnvFile,
}: ConfigurationFacts): CheckResult {
  const edit = `edit ${envFile ?? unitsEnvFile ?? 'the environment'}; env.template explains every variable`
  if (mistakes.length > 0) return problem(mistakes.join('; '), edit)
  // %d is the directory of a unit's credentials: a copy of the file, which only the unit sees.
  if (unitsEnvFile !== undefined && !unitsEnvFile.startsWith('%') && unitsEnvFile !== envFile) {
    const here = envFile ?? 'none'
    const fix = `WEBHOOK_ENV_FILE=${unitsEnvFile} pod-upgrade-trigger doctor`
    return warning(`the units read ${unitsEnvFile}, this command ${here}`, fix)
  }
  if (unknown.length > 0) return warning(`${envFile} sets unknown variables: ${unknown.join(', ')}`, edit)
  return ok(envFile ?? 'no env file: only the environment, and defaults')
}

/** What WEBHOOK_… and the like in an env file nothing reads: most often a slip of the pen. */
export function unknownNames(names: readonly string[], known: readonly string[]): string[] {
  const read = new Set([...known, ...SECRETS.map(name => `${name}_FILE`), 'WEBHOOK_ENV_FILE'])
  return names.filter(name => /WEBHOOK|_REGISTRY$|^ACTIONS?_/i.test(name) && !read.has(name))
}

/** `credentials` are the names of those that the units are given by systemd, whose values only they can see. */
export function judgeSecrets(
  config: Pick<Config, 'senders' | 'tokens' | 'manualTokens' | 'actionsRules'>,
  credentials: readonly string[],
): CheckResult {
  const isSet = ({ name, values }: { name: string; values: readonly unknown[] }) =>
    values.length > 0 || credentials.includes(name)
  const senders = SENDER_NAMES.map(name => ({
    path: `/hooks/${name}`,
    name: secretVariable(name),
    values: config.senders[name].secrets,
  })).filter(isSet)
  const others = [
    { path: '/auto-update', name: 'WEBHOOK_TOKEN', values: config.tokens },
    { path: '/api/v1', name: 'WEBHOOK_MANUAL_TOKEN', values: config.manualTokens },
    { path: '/api/v1 of GitHub Actions', name: 'ACTIONS_ALLOW', values: config.actionsRules },
  ].filter(isSet)
  const such = `the secret of who sends webhooks, such as ${secretVariable(SENDER_NAMES[0])}`
  const open = [...senders, ...others].map(({ path }) => path).join(', ')
  if (open === '') {
    const fix = `set ${such}, in the env file to what openssl rand -hex 32 gives`
    return problem('none is set: every request is answered 503', fix)
  }
  if (senders.length === 0)
    return warning(
      `set for ${open}; for /hooks none is: deliveries are answered 503`,
      `set ${such}, unless nobody sends any here`,
    )
  return ok(`set for ${open}`)
}

/** A file that holds a secret, or decides what is done; undefined mode where it cannot be looked at. */
export interface SecretFile {
  readonly path: string
  readonly mode: number | undefined
  readonly holdsSecret: boolean
}

const READ_BY_OTHERS = 0o004
const READ_BY_GROUP = 0o040
const WRITTEN_BY_OTHERS = 0o022

export function judgeFiles(files: readonly SecretFile[]): CheckResult {
  const which = (bits: number, secretsOnly: boolean) =>
    files
      .filter(({ mode = 0, holdsSecret }) => (mode & bits) !== 0 && (holdsSecret || !secretsOnly))
      .map(({ path }) => path)
  const fix = (paths: readonly string[]) => `chmod 600 ${paths.join(' ')}`
  const written = which(WRITTEN_BY_OTHERS, false)
  if (written.length > 0) return problem(`others may write ${written.join(', ')}`, fix(written))
  const read = which(READ_BY_OTHERS, true)
  if (read.length > 0) return problem(`everybody may read ${read.join(', ')}`, fix(read))
  const shared = which(READ_BY_GROUP, true)
  if (shared.length > 0) return warning(`a group may read ${shared.join(', ')}`, fix(shared))
  return ok(files.length === 0 ? 'no file holds a secret' : files.map(({ path }) => path).join(', '))
}

/** `systemctl show` of one of our own units: `Name=value` lines as a map, empty where there was no answer. */
export type Properties = ReadonlyMap<string, string>

const INSTALL: Readonly<Record<Scope, string>> = {
  system: 'sudo make install',
  user: 'make install-user',
}

/** By unit. `isTwice`: the system manager has ours too, beside this user's. */
export function judgeInstalled(
  scope: Scope,
  units: ReadonlyMap<string, Properties>,
  isTwice = false,
): CheckResult {
  const isNot = ([, shown]: readonly [string, Properties]) => shown.get('LoadState') !== 'loaded'
  const missing = [...units].filter(isNot)
  if (missing.length > 0) {
    const told = missing.map(([unit, shown]) => `${unit} is ${shown.get('LoadState') || 'unknown'}`)
    const masked = missing.find(([, shown]) => shown.get('LoadState') === 'masked')
    const unreachable = missing.every(([, shown]) => !shown.get('LoadState'))
    if (unreachable) return problem('the manager does not say', 'fix the manager first')
    const fix = masked ? `${systemctl(scope)} unmask ${masked[0]}` : INSTALL[scope]
    return problem(told.join(', '), fix)
  }
  if ([...units.values()].some(shown => shown.get('NeedDaemonReload') === 'yes'))
    return warning('unit files were changed since they were read', `${systemctl(scope)} daemon-reload`)
  const also = "; the system manager has an installation of its own, which this user's does not see"
  return ok(`${[...units.keys()].join(', ')}${isTwice ? also : ''}`)
}

export const CONFLICTING_TIMER = 'podman-auto-update.timer'

export function judgeTimer(scope: Scope, shown: Properties, conflicting: Properties): CheckResult {
  const isActive = shown.get('ActiveState') === 'active'
  const fix = `${systemctl(scope)} enable --now pod-upgrade-trigger.timer`
  if (!isActive) return warning('not active: missed webhooks will not be made up for', fix)
  if (conflicting.get('ActiveState') === 'active')
    return warning(
      `${CONFLICTING_TIMER} is active too: two would race`,
      `${systemctl(scope)} disable --now ${CONFLICTING_TIMER}`,
    )
  if (shown.get('UnitFileState') === 'disabled')
    return warning('active, but not enabled: it will not start after a reboot', fix)
  return ok('active')
}

/** What the unit of a request says of itself, drop-ins included. */
export interface RequestUnit {
  readonly node: string | undefined
  readonly script: string | undefined
  readonly envFile: string | undefined
  /** Names of the secrets that systemd gives it. */
  readonly credentials: readonly string[]
}

/** Reads `systemctl cat`. The last assignment counts; the value of a credential is never looked at. */
export function parseRequestUnit(text: string): RequestUnit {
  const last = (pattern: RegExp) => [...text.matchAll(pattern)].at(-1)
  const [, node, script] = last(/^ExecStart=(\/\S+) (\/\S+)/gm) ?? []
  const given = text.matchAll(/^(?:Load|Set)Credential(?:Encrypted)?=([A-Z_]+):/gm)
  return {
    node,
    script,
    envFile: last(/^Environment=WEBHOOK_ENV_FILE=(\S+)/gm)?.[1],
    credentials: [...given].map(([, name = '']) => name),
  }
}

/** Where the drop-in of a pinned unit would be written. `refusal` is what the file system says; undefined where it would do. */
export function judgeWayBack(unitDir: string, refusal: string | undefined, isAllowed: boolean): CheckResult {
  if (refusal === undefined) return ok(`a unit that is rolled back is pinned in ${unitDir}`)
  const detail = `${unitDir} cannot be written to (${refusal}): no unit has a way back`
  if (isAllowed)
    return warning(
      `${detail}, and units are upgraded all the same`,
      'set WEBHOOK_UNIT_DIR to a directory of units that can be written to',
    )
  return problem(
    `${detail}, and none is upgraded`,
    'set WEBHOOK_UNIT_DIR to a directory of units that can be written to',
  )
}
