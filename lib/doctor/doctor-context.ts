// What the doctor's checks share, gathered once: the configuration or what is wrong with it, and our own units.
import type { Config } from '../config/config.js'
import { readConfig, type Sources, sourcesOf } from '../config/environment.js'
import { isTenantVariable, tenantSecrets } from '../config/tenants.js'
import { SECRETS, VARIABLES } from '../config/variables.js'
import { asFailure } from '../errors.js'
import { cat } from '../host/systemd.js'
import { type CheckResult, warning } from './checks/finding.js'
import * as setup from './checks/setup.js'
import { modeOf, propertiesOf } from './probes.js'

export type Env = Readonly<Record<string, string | undefined>>

const OWN = [
  'pod-upgrade-trigger.socket',
  'pod-upgrade-trigger.service',
  'pod-upgrade-trigger.timer',
] as const
const REQUEST = 'pod-upgrade-trigger@.service'
export type Check = readonly [name: string, look: () => CheckResult | Promise<CheckResult>]
export const NO_ANSWER = new Map<string, string>()

/** What the checks share: gathered once. */
export interface DoctorContext {
  readonly config: Config | undefined
  readonly mistakes: readonly string[]
  readonly sources: Sources
  /** Of our own units, by name. */
  readonly units: ReadonlyMap<string, setup.Properties>
  readonly conflictingTimer: setup.Properties
  readonly request: setup.RequestUnit
  /** Whether a user's doctor sees the system's installation too. */
  readonly isTwice: boolean
}

export async function gatherContext(env: Env): Promise<DoctorContext> {
  const sources = sourcesOf(env)
  const read = tryConfig(env)
  const scope = read.config?.scope ?? sources.scope
  // An instance stands for the template, which by itself has no properties.
  const names = [...OWN, 'pod-upgrade-trigger@doctor.service', setup.CONFLICTING_TIMER]
  const shown = await Promise.all(names.map(name => propertiesOf(scope, name)))
  const units = new Map(names.map((name, index) => [name, shown[index] ?? NO_ANSWER]))
  const conflicting = units.get(setup.CONFLICTING_TIMER) ?? NO_ANSWER
  units.delete(setup.CONFLICTING_TIMER)
  const others = scope === 'user' ? await propertiesOf('system', OWN[0]) : NO_ANSWER
  return {
    ...read,
    sources,
    units,
    isTwice: others.get('LoadState') === 'loaded',
    conflictingTimer: conflicting,
    request: setup.parseRequestUnit(await cat(scope, REQUEST)),
  }
}

function tryConfig(env: Env): Pick<DoctorContext, 'config' | 'mistakes'> {
  try {
    return { config: readConfig(env), mistakes: [] }
  } catch (error) {
    const failure = asFailure(error)
    if (failure?.name === 'ConfigError') return { config: undefined, mistakes: failure.problems }
    throw error
  }
}

export const configurationFacts = ({
  mistakes,
  sources,
  request,
}: DoctorContext): setup.ConfigurationFacts => ({
  mistakes,
  envFile: sources.envFile,
  unknown: setup.unknownNames(
    sources.names.filter(name => !isTenantVariable(name)),
    Object.keys(VARIABLES),
  ),
  unitsEnvFile: request.envFile,
})

export function filesOf({ sources: { envFile, names, secretFiles } }: DoctorContext): setup.SecretFile[] {
  const holdsSecret = [...SECRETS, ...tenantSecrets(names)].some(name => names.includes(name))
  const own = envFile === undefined ? [] : [{ path: envFile, mode: modeOf(envFile), holdsSecret }]
  return [...own, ...secretFiles.map(path => ({ path, mode: modeOf(path), holdsSecret: true }))]
}

export const withConfig = <T>(config: Config | undefined, look: (config: Config) => T): T | CheckResult =>
  config === undefined
    ? warning('not checked: the configuration is wrong', 'fix the configuration first')
    : look(config)
