// The configuration: environment text in, one frozen Config out, every mistake listed at once. Pure: the values come
// from lib/environment.ts. env.template documents each variable, and a test holds the two together.
import * as v from 'valibot'
import { ConfigError } from './errors.js'
import { parseUnit } from './units.js'

const whole = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[0-9]{1,15}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  )

/** systemd and SQLite are given these; a newline in one would end up in somebody's command line or log. */
const path = v.pipe(v.string(), v.regex(/^\/[^\p{Cc}]*$/u, 'must be an absolute path'))

/** Several values, one a line, so that a secret can be rotated without a gap. */
const secrets = v.pipe(
  v.string(),
  v.transform(text =>
    text
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== ''),
  ),
)

const unitList = v.pipe(
  v.string(),
  v.transform(text => text.split(/[\s,]+/).filter(name => name !== '')),
  v.array(
    v.pipe(
      v.string(),
      v.check(
        name => parseUnit(name) !== undefined,
        'must list service units, separated by commas or spaces',
      ),
      v.transform(name => parseUnit(name) ?? name),
    ),
  ),
)

const DAY_SECS = 86_400
const MIB = 1_048_576

/** Every variable there is. The second argument of optional is the default that env.template shows. */
export const VARIABLES = {
  GITHUB_WEBHOOK_SECRET: v.optional(secrets, ''),
  WEBHOOK_MANUAL_UNITS: v.optional(unitList, ''),
  WEBHOOK_STATE_DIR: v.optional(path),
  WEBHOOK_SCOPE: v.optional(v.picklist(['system', 'user'], 'must be system or user')),
  WEBHOOK_MAX_BODY_BYTES: v.optional(whole(1024, 64 * MIB), String(5 * MIB)),
  WEBHOOK_REQUEST_TIMEOUT_SECS: v.optional(whole(1, 60), '10'),
  WEBHOOK_PULL_TIMEOUT_SECS: v.optional(whole(10, DAY_SECS), '600'), // 10 minutes
  WEBHOOK_HEALTH_TIMEOUT_SECS: v.optional(whole(1, 3600), '60'),
  WEBHOOK_QUADLET_GENERATOR: v.optional(path),
} as const

/** Those whose value is a secret: also read from NAME_FILE and from a systemd credential. */
export const SECRETS = ['GITHUB_WEBHOOK_SECRET'] as const satisfies readonly (keyof typeof VARIABLES)[]

export interface Config {
  readonly scope: 'system' | 'user'
  readonly stateDir: string
  /** The file the configuration was read from, handed on to tasks; undefined where there was none. */
  readonly envFile: string | undefined
  readonly githubSecrets: readonly string[]
  readonly manualUnits: readonly string[]
  readonly maxBodyBytes: number
  readonly requestTimeoutMs: number
  readonly pullTimeoutMs: number
  readonly healthTimeoutMs: number
  readonly quadletGenerator: string | undefined
}

/** What the process is, as far as defaults depend on it. */
export interface Surroundings {
  readonly uid: number
  readonly home: string
  readonly envFile: string | undefined
}

/** Throws ConfigError naming every variable that is wrong. Empty values count as unset. Values are never quoted. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, around: Surroundings): Config {
  const known = Object.keys(VARIABLES).flatMap(name => (env[name] ? [[name, env[name]]] : []))
  const parsed = v.safeParse(v.object(VARIABLES), Object.fromEntries(known))
  if (!parsed.success) {
    throw new ConfigError(parsed.issues.map(issue => `${issue.path?.[0]?.key} ${issue.message}`))
  }
  const out = parsed.output
  const scope = out.WEBHOOK_SCOPE ?? (around.uid === 0 ? 'system' : 'user')
  return Object.freeze({
    scope,
    stateDir: out.WEBHOOK_STATE_DIR ?? env['STATE_DIRECTORY']?.split(':')[0] ?? defaultStateDir(env, around),
    envFile: around.envFile,
    githubSecrets: out.GITHUB_WEBHOOK_SECRET,
    manualUnits: out.WEBHOOK_MANUAL_UNITS,
    maxBodyBytes: out.WEBHOOK_MAX_BODY_BYTES,
    requestTimeoutMs: out.WEBHOOK_REQUEST_TIMEOUT_SECS * 1000,
    pullTimeoutMs: out.WEBHOOK_PULL_TIMEOUT_SECS * 1000,
    healthTimeoutMs: out.WEBHOOK_HEALTH_TIMEOUT_SECS * 1000,
    quadletGenerator: out.WEBHOOK_QUADLET_GENERATOR,
  })
}

function defaultStateDir(
  env: Readonly<Record<string, string | undefined>>,
  { uid, home }: Surroundings,
): string {
  if (uid === 0) return '/var/lib/pod-upgrade-trigger'
  return `${env['XDG_STATE_HOME'] || `${home}/.local/state`}/pod-upgrade-trigger`
}
