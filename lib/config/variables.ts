// Pure: every variable that configures this program, as a schema from its text to its value. env.template documents each, and
// a test holds the two together.
import * as v from 'valibot'
import { unitName, wholeNumber } from '../validation.js'
import { actionsRules } from './actions-rules.js'
import {
  type RegistryVariable,
  registryVariable,
  SENDER_NAMES,
  type SecretVariable,
  secretVariable,
} from './sender-names.js'
import {
  metricsFile,
  outcomeList,
  path,
  peerList,
  registry,
  seconds,
  secrets,
  unitList,
  url,
  windows,
} from './values.js'

const DAY_SECS = 86_400
const MIB = 1_048_576

type OfSenders = Readonly<
  Record<SecretVariable, ReturnType<typeof secretsOf>> &
    Record<RegistryVariable, ReturnType<typeof registryOf>>
>
const secretsOf = () => v.optional(secrets, '')
const registryOf = () => v.optional(registry)

/** Two of each sender. */
const OF_SENDERS = Object.fromEntries(
  SENDER_NAMES.flatMap(name => [
    [secretVariable(name), secretsOf()],
    [registryVariable(name), registryOf()],
  ]),
) as OfSenders

/** Every variable there is. The second argument of optional is the default that env.template shows. */
export const VARIABLES = {
  ...OF_SENDERS,
  WEBHOOK_TOKEN: v.optional(secrets, ''),
  WEBHOOK_MANUAL_TOKEN: v.optional(secrets, ''),
  ACTIONS_ALLOW: v.optional(actionsRules, ''),
  WEBHOOK_MANUAL_UNITS: v.optional(unitList, ''),
  WEBHOOK_AUTO_DISCOVER: v.optional(v.picklist(['0', '1', 'only'], 'must be 0, 1 or only'), '0'),
  WEBHOOK_DISCOVER_PATTERN: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9:_.@*?-]+$/, 'must be a glob of unit names, such as web-*')),
  ),
  WEBHOOK_AUTO_UPDATE_UNIT: v.optional(unitName, 'podman-auto-update.service'),
  WEBHOOK_LIMIT1_COUNT: v.optional(wholeNumber(1, 100_000), '2'),
  WEBHOOK_LIMIT1_WINDOW: v.optional(wholeNumber(1, 30 * DAY_SECS), '600'), // 10 minutes
  WEBHOOK_LIMIT2_COUNT: v.optional(wholeNumber(1, 100_000), '10'),
  WEBHOOK_LIMIT2_WINDOW: v.optional(wholeNumber(1, 30 * DAY_SECS), '18000'), // 5 hours
  WEBHOOK_IMAGE_LIMIT_COUNT: v.optional(wholeNumber(1, 100_000), '60'),
  WEBHOOK_IMAGE_LIMIT_WINDOW: v.optional(wholeNumber(1, 30 * DAY_SECS), '3600'), // 1 hour
  WEBHOOK_REDEPLOY: v.optional(v.picklist(['0', '1'], 'must be 0 or 1'), '0'),
  WEBHOOK_PUBLIC_URL: v.optional(url),
  WEBHOOK_TRUSTED_PROXIES: v.optional(peerList, ''),
  WEBHOOK_STATE_DIR: v.optional(path),
  WEBHOOK_SPOOL_DIR: v.optional(path),
  WEBHOOK_SCOPE: v.optional(v.picklist(['system', 'user'], 'must be system or user')),
  WEBHOOK_MAX_BODY_BYTES: v.optional(wholeNumber(1024, 64 * MIB), String(5 * MIB)),
  WEBHOOK_REQUEST_TIMEOUT_SECS: v.optional(wholeNumber(1, 60), '10'),
  WEBHOOK_PULL_TIMEOUT_SECS: v.optional(wholeNumber(10, DAY_SECS), '600'), // 10 minutes
  WEBHOOK_HEALTH_TIMEOUT_SECS: v.optional(wholeNumber(1, 3600), '60'),
  WEBHOOK_SETTLE_SECS: v.optional(wholeNumber(1, 3600), '10'),
  WEBHOOK_AFTERCARE_SECS: v.optional(seconds, '600'), // 10 minutes
  WEBHOOK_WINDOW: v.optional(windows),
  WEBHOOK_NOTIFY_COMMAND: v.optional(v.string()),
  WEBHOOK_NOTIFY_OUTCOMES: v.optional(outcomeList, 'updated,staged,rolled-back,failed,skipped'),
  WEBHOOK_REPORT_JOURNAL: v.optional(v.picklist(['0', '1'], 'must be 0 or 1'), '0'),
  WEBHOOK_METRICS_FILE: v.optional(metricsFile),
  WEBHOOK_QUADLET_GENERATOR: v.optional(path),
  WEBHOOK_UNIT_DIR: v.optional(path),
  WEBHOOK_WITHOUT_WAY_BACK: v.optional(v.picklist(['refuse', 'allow'], 'must be refuse or allow'), 'refuse'),
} as const

/** Those whose value is a secret: also read from NAME_FILE and from a systemd credential. */
export const SECRETS = [
  ...SENDER_NAMES.map(secretVariable),
  'WEBHOOK_TOKEN',
  'WEBHOOK_MANUAL_TOKEN',
] as const satisfies readonly (keyof typeof VARIABLES)[]

/** What a request has to know that is handed its configuration (units/spool): no more, for what it knows it can be robbed of. */
export const OF_REQUESTS = [
  ...SECRETS,
  ...SENDER_NAMES.map(registryVariable),
  'ACTIONS_ALLOW',
  'WEBHOOK_LIMIT1_COUNT',
  'WEBHOOK_LIMIT1_WINDOW',
  'WEBHOOK_LIMIT2_COUNT',
  'WEBHOOK_LIMIT2_WINDOW',
  'WEBHOOK_IMAGE_LIMIT_COUNT',
  'WEBHOOK_IMAGE_LIMIT_WINDOW',
  'WEBHOOK_AUTO_UPDATE_UNIT',
  'WEBHOOK_REDEPLOY',
  'WEBHOOK_PUBLIC_URL',
  'WEBHOOK_TRUSTED_PROXIES',
  'WEBHOOK_MAX_BODY_BYTES',
  'WEBHOOK_REQUEST_TIMEOUT_SECS',
] as const satisfies readonly (keyof typeof VARIABLES)[]
