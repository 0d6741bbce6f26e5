// What the doctor's checks share, gathered once: the configuration or what is wrong with it, and our own units.
import * as setup from './checks/setup.js'
import { type Config, SECRETS, VARIABLES } from './config.js'
import { readConfig, type Sources, sourcesOf } from './environment.js'
import { ConfigError } from './errors.js'
import { modeOf, propertiesOf } from './host.js'
import { cat } from './systemd.js'

type Env = Readonly<Record<string, string | undefined>>

const OWN = ['pod-upgrade-trigger.socket', 'pod-upgrade-trigger.service', 'pod-upgrade-trigger.timer']
const REQUEST = 'pod-upgrade-trigger@.service'
export const NO_ANSWER = new Map<string, string>()

/** What the checks share: gathered once. */
export interface Patient {
  readonly config: Config | undefined
  readonly mistakes: readonly string[]
  readonly sources: Sources
  /** Of our own units, by name. */
  readonly units: ReadonlyMap<string, setup.Properties>
  readonly rival: setup.Properties
  readonly request: setup.RequestUnit
}

export async function receive(env: Env): Promise<Patient> {
  const sources = sourcesOf(env)
  const read = tryConfig(env)
  const scope = read.config?.scope ?? sources.scope
  // An instance stands for the template, which by itself has no properties.
  const names = [...OWN, 'pod-upgrade-trigger@doctor.service', setup.RIVAL]
  const shown = await Promise.all(names.map(name => propertiesOf(scope, name)))
  const units = new Map(names.map((name, index) => [name, shown[index] ?? NO_ANSWER]))
  const rival = units.get(setup.RIVAL) ?? NO_ANSWER
  units.delete(setup.RIVAL)
  return { ...read, sources, units, rival, request: setup.parseRequestUnit(await cat(scope, REQUEST)) }
}

function tryConfig(env: Env): Pick<Patient, 'config' | 'mistakes'> {
  try {
    return { config: readConfig(env), mistakes: [] }
  } catch (error) {
    if (error instanceof ConfigError) return { config: undefined, mistakes: error.problems }
    throw error
  }
}

export const readingOf = ({ mistakes, sources, request }: Patient): setup.Reading => ({
  mistakes,
  envFile: sources.envFile,
  unknown: setup.unknownNames(sources.names, Object.keys(VARIABLES)),
  unitsEnvFile: request.envFile,
})

export function filesOf({ sources: { envFile, names, secretFiles } }: Patient): setup.SecretFile[] {
  const holdsSecret = SECRETS.some(name => names.includes(name))
  const own = envFile === undefined ? [] : [{ path: envFile, mode: modeOf(envFile), holdsSecret }]
  return [...own, ...secretFiles.map(path => ({ path, mode: modeOf(path), holdsSecret: true }))]
}
