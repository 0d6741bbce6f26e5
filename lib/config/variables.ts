// Pure: every variable that configures this program, as a schema from its text to its value. env.template documents each, and
// a test holds the two together.
import { isIP } from 'node:net'
import * as v from 'valibot'
import { unitName, unitNameOr, wholeNumber } from '../validation.js'
import { OUTCOMES } from './outcomes.js'
import {
  type RegistryVariable,
  registryVariable,
  SENDER_NAMES,
  type SecretVariable,
  secretVariable,
} from './sender-names.js'

/** systemd and SQLite are given these; a newline in one would end up in somebody's command line or log. */
const path = v.pipe(v.string(), v.regex(/^\/[^\p{Cc}]*$/u, 'must be an absolute path'))

const url = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, 'must be a URL, such as https://hooks.example.org'),
  v.transform(text => text.replace(/\/+$/, '')),
)

/** Half of what `openssl rand -hex 16` gives: a shorter one can be guessed. */
export const SHORTEST_SECRET = 16

/** Why a line is no secret; undefined where it is one. What is in it is never said. */
function whyNoSecret(line: string): string | undefined {
  if (line.startsWith('#')) return 'is a comment, which would be a secret: take it out'
  if (/^([A-Z]+_)?WEBHOOK_[A-Z_]+=/.test(line)) return 'has a name: write the value alone'
  if (/[\p{Cc}\p{Cf}]/u.test(line)) return 'has a character that cannot be seen'
  if (line.length < SHORTEST_SECRET)
    return `has fewer than ${SHORTEST_SECRET} characters: openssl rand -hex 32 makes one`
  return undefined
}

/** Several values, one a line, so that a secret can be rotated without a gap. */
const secrets = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const lines = dataset.value.split('\n').map(line => line.trim())
    const wrong = lines.flatMap((line, index) => {
      const why = line === '' ? undefined : whyNoSecret(line)
      return why === undefined ? [] : [`line ${index + 1} ${why}`]
    })
    for (const message of wrong) addIssue({ message })
    return wrong.length > 0 ? NEVER : lines.filter(line => line !== '')
  }),
)

/** A host as image references have it, with its port. */
const registry = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(
    /^(?:(?=[^:]*\.|[^:]*:|localhost$)[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/,
    'must be the host of a registry, such as registry.example.org:5000',
  ),
)

/** Separated by commas or spaces. */
const words = v.pipe(
  v.string(),
  v.transform(text => text.split(/[\s,]+/).filter(word => word !== '')),
)

const unitList = v.pipe(words, v.array(unitNameOr('must list service units, separated by commas or spaces')))

/** An address, a network in CIDR notation, or `unix`, which is whoever may open a socket file. */
function isPeer(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || bits === undefined) return text === 'unix' || version !== 0
  return more.length === 0 && /^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

const peerList = v.pipe(
  words,
  v.check(
    peers => peers.every(isPeer),
    'must list addresses (192.0.2.1, ::1), networks (10.0.0.0/8) or unix, separated by commas or spaces',
  ),
)

const outcomeList = v.pipe(words, v.array(v.picklist(OUTCOMES, `must list outcomes: ${OUTCOMES.join(', ')}`)))

/** Several; 0 is none. */
const seconds = v.pipe(
  v.string(),
  v.regex(/^[0-9]{1,6}([\s,]+[0-9]{1,6})*$/, 'must be seconds, separated by commas or spaces; 0 is none'),
  v.transform(text =>
    text
      .split(/[\s,]+/)
      .map(Number)
      .filter(secs => secs > 0),
  ),
)

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
  WEBHOOK_NOTIFY_COMMAND: v.optional(v.string()),
  WEBHOOK_NOTIFY_OUTCOMES: v.optional(outcomeList, 'updated,staged,rolled-back,failed,skipped'),
  WEBHOOK_REPORT_JOURNAL: v.optional(v.picklist(['0', '1'], 'must be 0 or 1'), '0'),
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
