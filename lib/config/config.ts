// Pure: the configuration, from the text of its variables to one frozen Config, every mistake listed at once. The text comes
// from environment.ts.
import * as v from 'valibot'
import { ConfigError } from '../errors.js'
import type { Window } from '../sliding-window.js'
import type { ActionsRule } from './actions-rules.js'
import { forEachSender, registryVariable, type SenderName, secretVariable } from './sender-names.js'
import { parseTenants, sharedSecrets, type Tenant, type TenantSecret } from './tenants.js'
import { SECRETS, VARIABLES } from './variables.js'
import type { Windows } from './window.js'

/** What is configured of a sender of webhooks. */
export interface OfSender {
  /** Of the owner, and of tenants: what one reaches, reachOf tells. */
  readonly secrets: readonly string[]
  /** Where units pull from what it says was pushed; undefined where that is the host that it names. */
  readonly registry: string | undefined
}

export interface Config {
  readonly scope: 'system' | 'user'
  readonly stateDir: string
  /** Where a request leaves its work, and what it is given: the list of enabled units, and GitHub's keys; undefined where it asks itself. */
  readonly spool: { readonly dir: string; readonly unitsFile: string; readonly keysFile: string } | undefined
  /** The file the configuration was read from, handed on to tasks; undefined where there was none. */
  readonly envFile: string | undefined
  /** Whether this process was started to be outside of a sandbox: it asks nobody to be so. */
  readonly isOutside: boolean
  readonly senders: Readonly<Record<SenderName, OfSender>>
  /** Those of /auto-update. */
  readonly tokens: readonly string[]
  /** Those of the API, of tenants too. */
  readonly manualTokens: readonly string[]
  readonly tenants: readonly Tenant[]
  /** The jobs of GitHub Actions that may use the API without a token of ours; with one of them there is a publicUrl. */
  readonly actionsRules: readonly ActionsRule[]
  readonly manualUnits: readonly string[]
  /** Whether marked or matching units are enabled: not at all, beside manualUnits, or instead of them. */
  readonly discover: 'off' | 'also' | 'only'
  readonly discoverPattern: string | undefined
  readonly autoUpdateUnit: string
  /** Where the proxy in front listens; without a slash at its end. */
  readonly publicUrl: string | undefined
  /** Whose X-Forwarded-For is believed: addresses, networks, `unix`. */
  readonly trustedProxies: readonly string[]
  readonly callLimits: readonly Window[]
  readonly imageLimits: readonly Window[]
  readonly maxBodyBytes: number
  readonly requestTimeoutMs: number
  readonly pullTimeoutMs: number
  /** How long a restarted unit may take to be up, and healthy where it has a health check. */
  readonly healthTimeoutMs: number
  /** How long one without a health check has to stay up until it counts as good. */
  readonly settleMs: number
  /** When an upgraded unit is looked at once more, after the upgrade. */
  readonly aftercareSecs: readonly number[]
  /** When units are upgraded that nobody forces, and that have no windows of their own; undefined is always. */
  readonly windows: Windows | undefined
  readonly notifyCommand: string | undefined
  /** Of which outcomes it is told. */
  readonly notifyOutcomes: readonly string[]
  /** Whether the unit's last log lines are in the report of an upgrade that did not end well. */
  readonly reportJournal: boolean
  /** Written for the node exporter after each task and each run of the timer; undefined where nobody wants it. */
  readonly metricsFile: string | undefined
  readonly quadletGenerator: string | undefined
  /** Where the drop-in is written that keeps a unit on an image: a directory of the manager's units. */
  readonly unitDir: string
  /** Whether a unit is upgraded for which no way back could be proven. */
  readonly withoutWayBack: boolean
  /** Whether a delivery to /redeploy restarts its unit in any case. */
  readonly redeploy: boolean
}

/** What the process is, as far as defaults depend on it. */
export interface Surroundings {
  readonly uid: number
  readonly home: string
  readonly envFile: string | undefined
}

const Variables = v.object(VARIABLES)

type Env = Readonly<Record<string, string | undefined>>

/** Throws ConfigError naming every variable that is wrong. Empty values count as unset. Values are never quoted. */
export function parseConfig(env: Env, around: Surroundings): Config {
  const { out, tenants } = parseValues(env)
  const scope = out.WEBHOOK_SCOPE ?? (around.uid === 0 ? 'system' : 'user')
  return Object.freeze({
    scope,
    stateDir:
      out.WEBHOOK_STATE_DIR ?? (env['STATE_DIRECTORY']?.split(':')[0] || defaultStateDir(env, around)),
    spool: spoolOf(out.WEBHOOK_SPOOL_DIR, env['CREDENTIALS_DIRECTORY']),
    envFile: around.envFile,
    isOutside: env['WEBHOOK_IS_OUTSIDE'] === '1', // set by ourselves alone (transient-units.ts)
    senders: forEachSender(name => ({
      secrets: [...out[secretVariable(name)], ...valuesOf(tenants, secretVariable(name))],
      registry: out[registryVariable(name)],
    })),
    tokens: out.WEBHOOK_TOKEN,
    manualTokens: [
      ...(out.WEBHOOK_MANUAL_TOKEN.length > 0 ? out.WEBHOOK_MANUAL_TOKEN : out.WEBHOOK_TOKEN),
      ...valuesOf(tenants, 'WEBHOOK_TOKEN'),
    ],
    tenants,
    actionsRules: out.ACTIONS_ALLOW,
    manualUnits: out.WEBHOOK_MANUAL_UNITS,
    discover: ({ '0': 'off', '1': 'also', only: 'only' } as const)[out.WEBHOOK_AUTO_DISCOVER],
    discoverPattern: out.WEBHOOK_DISCOVER_PATTERN,
    autoUpdateUnit: out.WEBHOOK_AUTO_UPDATE_UNIT,
    publicUrl: out.WEBHOOK_PUBLIC_URL,
    trustedProxies: out.WEBHOOK_TRUSTED_PROXIES,
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
    aftercareSecs: out.WEBHOOK_AFTERCARE_SECS,
    windows: out.WEBHOOK_WINDOW,
    notifyCommand: out.WEBHOOK_NOTIFY_COMMAND,
    notifyOutcomes: out.WEBHOOK_NOTIFY_OUTCOMES,
    reportJournal: out.WEBHOOK_REPORT_JOURNAL === '1',
    metricsFile: out.WEBHOOK_METRICS_FILE,
    quadletGenerator: out.WEBHOOK_QUADLET_GENERATOR,
    unitDir: out.WEBHOOK_UNIT_DIR ?? defaultUnitDir(env, scope, around),
    withoutWayBack: out.WEBHOOK_WITHOUT_WAY_BACK === 'allow',
    redeploy: out.WEBHOOK_REDEPLOY === '1',
  })
}

/** Throws ConfigError. */
function parseValues(env: Env): { out: v.InferOutput<typeof Variables>; tenants: readonly Tenant[] } {
  const known = Object.keys(VARIABLES).flatMap(name => (env[name] ? [[name, env[name]]] : []))
  const parsed = v.safeParse(Variables, Object.fromEntries(known))
  const { tenants, problems } = parseTenants(env)
  const issues = parsed.issues?.map(issue => `${issue.path?.[0]?.key} ${issue.message}`) ?? []
  if (!parsed.success || problems.length > 0) throw new ConfigError([...issues, ...problems])
  const out = parsed.output
  const shared = sharedSecrets(tenants, Object.fromEntries(SECRETS.map(name => [name, out[name]])))
  if (shared.length > 0) throw new ConfigError(shared)
  if (out.ACTIONS_ALLOW.length > 0 && out.WEBHOOK_PUBLIC_URL === undefined)
    throw new ConfigError(['ACTIONS_ALLOW needs WEBHOOK_PUBLIC_URL, which is the audience of the tokens'])
  return { out, tenants }
}

const valuesOf = (tenants: readonly Tenant[], variable: TenantSecret): readonly string[] =>
  tenants.flatMap(({ values }) => values[variable] ?? [])

function spoolOf(dir: string | undefined, credentials: string | undefined): Config['spool'] {
  if (dir === undefined) return undefined
  if (!credentials)
    throw new ConfigError(['WEBHOOK_SPOOL_DIR is for the units that make install-spool installs'])
  return { dir, unitsFile: `${credentials}/units.json`, keysFile: `${credentials}/keys-actions.json` }
}

function defaultUnitDir(env: Env, scope: Config['scope'], { home }: Surroundings): string {
  if (scope === 'system') return '/etc/systemd/system'
  return `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/systemd/user`
}

function defaultStateDir(env: Env, { uid, home }: Surroundings): string {
  if (uid === 0) return '/var/lib/pod-upgrade-trigger'
  return `${env['XDG_STATE_HOME'] || `${home}/.local/state`}/pod-upgrade-trigger`
}
