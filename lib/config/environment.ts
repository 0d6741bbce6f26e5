// Where configuration text comes from: the env file, then the environment (which wins), then NAME_FILE and systemd
// credentials for secrets. The program reads the env file itself, rather than through EnvironmentFile=, so that a
// person at a shell, a task and a request all see the same, and no secret shows in `systemctl show`.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from '../errors.js'
import { readPlainFile } from '../plain-file.js'
import { type Config, parseConfig } from './config.js'
import { isTenantVariable, tenantSecrets } from './tenants.js'
import { OF_REQUESTS, SECRETS } from './variables.js'

type Env = Readonly<Record<string, string | undefined>>

/** Reads everything that configures this process. Throws ConfigError, also for a file that cannot be read. */
export function readConfig(env: Env): Config {
  const { variables, envFile } = readVariables(env)
  return parseConfig(variables, { uid: process.getuid?.() ?? 0, home: env['HOME'] || '/root', envFile })
}

/** What a request has to know of it, as the text of an env file: mistakes and all, which are for the request to find. Throws ConfigError. */
export function requestEnvFile(env: Env): string {
  const { variables } = readVariables(env)
  const ofTenants = Object.keys(variables).filter(isTenantVariable)
  return [...OF_REQUESTS, ...ofTenants.filter(name => !name.endsWith('_FILE'))]
    .flatMap(name => {
      const value = variables[name]
      return value ? [`${name}=${quote(name, value)}\n`] : []
    })
    .join('')
}

/** As util.parseEnv reads it back: nothing is special between single quotes or backticks but their end. */
function quote(name: string, value: string): string {
  const mark = ["'", '`'].find(mark => !value.includes(mark))
  if (mark === undefined) throw new ConfigError([`${name} has both ' and \` in it: leave one of them out`])
  return mark + value + mark
}

interface Variables {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly envFile: string | undefined
}

function readVariables(env: Env): Variables {
  const { path, mustExist } = envFileOf(env, process.getuid?.() ?? 0)
  const fromFile = path === '' ? undefined : readEnvFile(path, mustExist)
  const variables: Record<string, string | undefined> = { ...fromFile, ...env }
  for (const name of secretNames(variables)) variables[name] = readSecret(name, variables)
  return { variables, envFile: fromFile === undefined ? undefined : path }
}

/** Every secret there may be, whether it is in a variable, a file or a credential. */
function secretNames(env: Env): readonly string[] {
  const directory = env['CREDENTIALS_DIRECTORY']
  const credentials = directory ? namesIn(directory) : []
  return [...SECRETS, ...tenantSecrets([...Object.keys(env), ...credentials])]
}

/** None where it cannot be looked into: a secret that is to be there will say so. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** The env file, whether it is there or not; empty where none is to be read. */
export const envFilePath = (env: Env): string => envFileOf(env, process.getuid?.() ?? 0).path

/** WEBHOOK_ENV_FILE, which may be empty (no file) and else has to be there; or the usual place. */
function envFileOf(env: Env, uid: number): { path: string; mustExist: boolean } {
  const chosen = env['WEBHOOK_ENV_FILE']
  if (chosen !== undefined) return { path: chosen, mustExist: true }
  if (uid === 0) return { path: '/etc/pod-upgrade-trigger/env', mustExist: false }
  const configHome = env['XDG_CONFIG_HOME'] || join(env['HOME'] || '/root', '.config')
  return { path: join(configHome, 'pod-upgrade-trigger/env'), mustExist: false }
}

/** Where the configuration comes from, as far as that can be told even where it is wrong. */
export interface Sources {
  readonly scope: Config['scope']
  /** Undefined where there is none, or none that can be read. */
  readonly envFile: string | undefined
  /** The variables that the env file sets. */
  readonly names: readonly string[]
  readonly secretFiles: readonly string[]
}

/** Never throws: what is wrong is for readConfig to say. */
export function sourcesOf(env: Env): Sources {
  const uid = process.getuid?.() ?? 0
  const { path } = envFileOf(env, uid)
  let fromFile: Record<string, string> | undefined
  try {
    fromFile = path === '' ? undefined : readEnvFile(path, false)
  } catch {}
  const merged: Env = { ...fromFile, ...env }
  const asked = merged['WEBHOOK_SCOPE']
  return {
    scope: asked === 'system' || asked === 'user' ? asked : uid === 0 ? 'system' : 'user',
    envFile: fromFile === undefined ? undefined : path,
    names: Object.entries(fromFile ?? {}).flatMap(([name, value]) => (value === '' ? [] : [name])),
    secretFiles: secretNames(merged).flatMap(name => merged[`${name}_FILE`] || []),
  }
}

function readEnvFile(path: string, mustExist: boolean): Record<string, string> | undefined {
  try {
    return parseEnv(readText(path)) as Record<string, string>
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable('WEBHOOK_ENV_FILE', path, error)
  }
}

/** A secret is given once. Two sources that disagree would leave a revoked secret valid, so they are an error. */
function readSecret(name: string, env: Env): string | undefined {
  const file = env[`${name}_FILE`]
  const credentials = env['CREDENTIALS_DIRECTORY']
  const sources: string[] = []
  if (env[name]) sources.push(env[name])
  if (file) sources.push(readSecretFile(`${name}_FILE`, file))
  if (credentials) sources.push(...readCredential(join(credentials, name)))
  if (sources.length > 1) {
    throw new ConfigError([
      `${name} is given more than once: keep one of ${name}, ${name}_FILE and the credential`,
    ])
  }
  return sources[0]
}

function readSecretFile(name: string, path: string): string {
  try {
    return readText(path)
  } catch (error) {
    throw unreadable(name, path, error)
  }
}

function readCredential(path: string): string[] {
  try {
    return [readText(path)]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unreadable('credential', path, error)
  }
}

const MAX_BYTES = 1_048_576

/** Without its byte order mark. */
const readText = (path: string): string => readPlainFile(path, MAX_BYTES).text.replace(/^\uFEFF/, '')

function unreadable(name: string, path: string, error: unknown): ConfigError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  return new ConfigError([
    `${name}: ${path} cannot be read (${code}); check that it exists and who may read it`,
  ])
}
