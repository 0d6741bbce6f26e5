// The configuration: environment text in, one frozen Config out, every mistake listed at once. Pure: the values come
// from lib/environment.ts. env.template documents each variable, and a test holds the two together.
import * as v from 'valibot'
import { ConfigError } from './errors.js'
import type { Window } from './limit.js'
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

const url = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, 'must be a URL, such as https://hooks.example.org'),
  v.transform(text => text.replace(/\/+$/, '')),
)

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

const unit = v.pipe(
  v.string(),
  v.check(name => parseUnit(name) !== undefined, 'must be the name of a service unit'),
  v.transform(name => parseUnit(name) ?? name),
)

const DAY_SECS = 86_400
const MIB = 1_048_576

/** Every variable there is. The second argument of optional is the default that env.template shows. */
export const VARIABLES = {
  GITHUB_WEBHOOK_SECRET: v.optional(secrets, ''),
  WEBHOOK_TOKEN: v.optional(secrets, ''),
  WEBHOOK_MANUAL_TOKEN: v.optional(secrets, ''),
  WEBHOOK_MANUAL_UNITS: v.optional(unitList, ''),
  WEBHOOK_AUTO_DISCOVER: v.optional(v.picklist(['0', '1', 'only'], 'must be 0, 1 or only'), '0'),
  WEBHOOK_DISCOVER_PATTERN: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9:_.@*?-]+$/, 'must be a glob of unit names, such as web-*')),
  ),
  WEBHOOK_AUTO_UPDATE_UNIT: v.optional(unit, 'podman-auto-update.service'),
  WEBHOOK_LIMIT1_COUNT: v.optional(whole(1, 100_000), '2'),
  WEBHOOK_LIMIT1_WINDOW: v.optional(whole(1, 30 * DAY_SECS), '600'), // 10 minutes
  WEBHOOK_LIMIT2_COUNT: v.optional(whole(1, 100_000), '10'),
  WEBHOOK_LIMIT2_WINDOW: v.optional(whole(1, 30 * DAY_SECS), '18000'), // 5 hours
  WEBHOOK_IMAGE_LIMIT_COUNT: v.optional(whole(1, 100_000), '60'),
  WEBHOOK_IMAGE_LIMIT_WINDOW: v.optional(whole(1, 30 * DAY_SECS), '3600'), // 1 hour
  WEBHOOK_PUBLIC_URL: v.optional(url),
  WEBHOOK_STATE_DIR: v.optional(path),
  WEBHOOK_SPOOL_DIR: v.optional(path),
  WEBHOOK_SCOPE: v.optional(v.picklist(['system', 'user'], 'must be system or user')),
  WEBHOOK_MAX_BODY_BYTES: v.optional(whole(1024, 64 * MIB), String(5 * MIB)),
  WEBHOOK_REQUEST_TIMEOUT_SECS: v.optional(whole(1, 60), '10'),
  WEBHOOK_PULL_TIMEOUT_SECS: v.optional(whole(10, DAY_SECS), '600'), // 10 minutes
  WEBHOOK_HEALTH_TIMEOUT_SECS: v.optional(whole(1, 3600), '60'),
  WEBHOOK_SETTLE_SECS: v.optional(whole(1, 3600), '10'),
  WEBHOOK_NOTIFY_COMMAND: v.optional(v.string()),
  WEBHOOK_QUADLET_GENERATOR: v.optional(path),
  WEBHOOK_QUADLET_DIR: v.optional(path),
} as const

/** Those whose value is a secret: also read from NAME_FILE and from a systemd credential. */
export const SECRETS = [
  'GITHUB_WEBHOOK_SECRET',
  'WEBHOOK_TOKEN',
  'WEBHOOK_MANUAL_TOKEN',
] as const satisfies readonly (keyof typeof VARIABLES)[]

export interface Config {
  readonly scope: 'system' | 'user'
  readonly stateDir: string
  /** Where a request leaves its work, and the list of enabled units that it is given; undefined where it asks itself. */
  readonly spool: { readonly dir: string; readonly unitsFile: string } | undefined
  /** The file the configuration was read from, handed on to tasks; undefined where there was none. */
  readonly envFile: string | undefined
  readonly githubSecrets: readonly string[]
  /** Those of /auto-update. */
  readonly tokens: readonly string[]
  /** Those of the API. */
  readonly manualTokens: readonly string[]
  readonly manualUnits: readonly string[]
  /** Whether marked or matching units are enabled: not at all, beside manualUnits, or instead of them. */
  readonly discover: 'off' | 'also' | 'only'
  readonly discoverPattern: string | undefined
  readonly autoUpdateUnit: string
  /** Where the proxy in front listens; without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly callLimits: readonly Window[]
  readonly imageLimits: readonly Window[]
  readonly maxBodyBytes: number
  readonly requestTimeoutMs: number
  readonly pullTimeoutMs: number
  /** How long a restarted unit may take to be up, and healthy where it has a health check. */
  readonly healthTimeoutMs: number
  /** How long one without a health check has to stay up to be believed. */
  readonly settleMs: number
  readonly notifyCommand: string | undefined
  readonly quadletGenerator: string | undefined
  /** Where the drop-in of a unit that was rolled back is written; the first directory that quadlet reads. */
  readonly quadletDir: string
}

/** What the process is, as far as defaults depend on it. */
export interface Surroundings {
  readonly uid: number
  readonly home: string
  readonly envFile: string | undefined
}

type Env = Readonly<Record<string, string | undefined>>

/** Throws ConfigError naming every variable that is wrong. Empty values count as unset. Values are never quoted. */
export function parseConfig(env: Env, around: Surroundings): Config {
  const known = Object.keys(VARIABLES).flatMap(name => (env[name] ? [[name, env[name]]] : []))
  const parsed = v.safeParse(v.object(VARIABLES), Object.fromEntries(known))
  if (!parsed.success) {
    throw new ConfigError(parsed.issues.map(issue => `${issue.path?.[0]?.key} ${issue.message}`))
  }
  const out = parsed.output
  const scope = out.WEBHOOK_SCOPE ?? (around.uid === 0 ? 'system' : 'user')
  return Object.freeze({
    scope,
    stateDir:
      out.WEBHOOK_STATE_DIR ?? (env['STATE_DIRECTORY']?.split(':')[0] || defaultStateDir(env, around)),
    spool: spoolOf(out.WEBHOOK_SPOOL_DIR, env['CREDENTIALS_DIRECTORY']),
    envFile: around.envFile,
    githubSecrets: out.GITHUB_WEBHOOK_SECRET,
    tokens: out.WEBHOOK_TOKEN,
    manualTokens: out.WEBHOOK_MANUAL_TOKEN.length > 0 ? out.WEBHOOK_MANUAL_TOKEN : out.WEBHOOK_TOKEN,
    manualUnits: out.WEBHOOK_MANUAL_UNITS,
    discover: ({ '0': 'off', '1': 'also', only: 'only' } as const)[out.WEBHOOK_AUTO_DISCOVER],
    discoverPattern: out.WEBHOOK_DISCOVER_PATTERN,
    autoUpdateUnit: out.WEBHOOK_AUTO_UPDATE_UNIT,
    publicUrl: out.WEBHOOK_PUBLIC_URL,
    callLimits: [
      { count: out.WEBHOOK_LIMIT1_COUNT, ms: out.WEBHOOK_LIMIT1_WINDOW * 1000 },
      { count: out.WEBHOOK_LIMIT2_COUNT, ms: out.WEBHOOK_LIMIT2_WINDOW * 1000 },
    ],
    imageLimits: [{ count: out.WEBHOOK_IMAGE_LIMIT_COUNT, ms: out.WEBHOOK_IMAGE_LIMIT_WINDOW * 1000 }],
    maxBodyBytes: out.WEBHOOK_MAX_BODY_BYTES,
    requestTimeoutMs: out.WEBHOOK_REQUEST_TIMEOUT_SECS * 1000,
    pullTimeoutMs: out.WEBHOOK_PULL_TIMEOUT_SECS * 1000,
    healthTimeoutMs: out.WEBHOOK_HEALTH_TIMEOUT_SECS * 1000,
    settleMs: out.WEBHOOK_SETTLE_SECS * 1000,
    notifyCommand: out.WEBHOOK_NOTIFY_COMMAND,
    quadletGenerator: out.WEBHOOK_QUADLET_GENERATOR,
    quadletDir: out.WEBHOOK_QUADLET_DIR ?? defaultQuadletDir(env, scope, around),
  })
}

function spoolOf(dir: string | undefined, credentials: string | undefined): Config['spool'] {
  if (dir === undefined) return undefined
  if (!credentials)
    throw new ConfigError(['WEBHOOK_SPOOL_DIR is for the units that make install-spool installs'])
  return { dir, unitsFile: `${credentials}/units.json` }
}

function defaultQuadletDir(env: Env, scope: Config['scope'], { home }: Surroundings): string {
  if (scope === 'system') return '/etc/containers/systemd'
  return `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/containers/systemd`
}

function defaultStateDir(env: Env, { uid, home }: Surroundings): string {
  if (uid === 0) return '/var/lib/pod-upgrade-trigger'
  return `${env['XDG_STATE_HOME'] || `${home}/.local/state`}/pod-upgrade-trigger`
}
