// Where configuration text comes from: the env file, then the environment (which wins), then NAME_FILE and systemd
// credentials for secrets. The program reads the env file itself, rather than through EnvironmentFile=, so that a
// person at a shell, a task and a request all see the same, and no secret shows in `systemctl show`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Config, parseConfig, SECRETS } from './config.js'
import { ConfigError } from './errors.js'

type Env = Readonly<Record<string, string | undefined>>

/** Reads everything that configures this process. Throws ConfigError, also for a file that cannot be read. */
export function readConfig(env: Env): Config {
  const uid = process.getuid?.() ?? 0
  const home = env['HOME'] || '/root'
  const defaultFile =
    uid === 0
      ? '/etc/pod-upgrade-trigger/env'
      : join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'pod-upgrade-trigger/env')
  const chosen = env['WEBHOOK_ENV_FILE'] // set but empty: no file
  const envFile = chosen ?? defaultFile
  const fromFile = envFile === '' ? undefined : readEnvFile(envFile, chosen !== undefined)
  const merged: Record<string, string | undefined> = { ...fromFile, ...env }
  for (const name of SECRETS) merged[name] = readSecret(name, merged)
  return parseConfig(merged, { uid, home, envFile: fromFile === undefined ? undefined : envFile })
}

function readEnvFile(path: string, mustExist: boolean): Record<string, string> | undefined {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>
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
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(name, path, error)
  }
}

function readCredential(path: string): string[] {
  try {
    return [readFileSync(path, 'utf8')]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unreadable('credential', path, error)
  }
}

function unreadable(name: string, path: string, error: unknown): ConfigError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  return new ConfigError([
    `${name}: ${path} cannot be read (${code}); check that it exists and who may read it`,
  ])
}
