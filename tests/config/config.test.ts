// The configuration: what each variable becomes, and that every mistake is listed at once without a value being quoted.
import t from 'tap'
import { type Config, parseConfig } from '../../lib/config/config.js'
import {
  forEachSender,
  registryVariable,
  SENDER_NAMES,
  secretVariable,
} from '../../lib/config/sender-names.js'
import { OF_REQUESTS, SECRETS, VARIABLES } from '../../lib/config/variables.js'
import { ConfigError } from '../../lib/errors.js'

type Env = Readonly<Record<string, string>>
const ROOT = { uid: 0, home: '/root', envFile: undefined }
const ONE = 'one secret of tests'
const TWO = 'two-secrets-of-tests'
const GITHUB = (...secrets: string[]) =>
  forEachSender(name => ({ secrets: name === 'github' ? secrets : [], registry: undefined }))
const ALICE = { uid: 1000, home: '/home/alice', envFile: '/home/alice/env' }

t.test('values', async t => {
  const rows: readonly (readonly [
    why: string,
    env: Env,
    expected: Partial<Config>,
    around?: typeof ROOT | typeof ALICE,
  ])[] = [
    ['no secret', {}, { senders: GITHUB() }],
    ['an empty secret is none', { GITHUB_WEBHOOK_SECRET: '' }, { senders: GITHUB() }],
    ['a secret of spaces is none', { GITHUB_WEBHOOK_SECRET: ' \n ' }, { senders: GITHUB() }],
    ['one secret', { GITHUB_WEBHOOK_SECRET: ONE }, { senders: GITHUB(ONE) }],
    ['a file ends in a newline', { GITHUB_WEBHOOK_SECRET: `${ONE}\n` }, { senders: GITHUB(ONE) }],
    [
      'spaces inside count',
      { GITHUB_WEBHOOK_SECRET: ' a  b of sixteen characters ' },
      { senders: GITHUB('a  b of sixteen characters') },
    ],
    ['two, while rotating', { GITHUB_WEBHOOK_SECRET: `${ONE}\n\n${TWO}\r\n` }, { senders: GITHUB(ONE, TWO) }],
    ['no units', {}, { manualUnits: [] }],
    [
      'units, by commas and spaces',
      { WEBHOOK_MANUAL_UNITS: 'web, api.service\n\tapp@one,' },
      { manualUnits: ['web.service', 'api.service', 'app@one.service'] },
    ],
    ['root runs the system manager', {}, { scope: 'system' }],
    ['everybody else their own', {}, { scope: 'user' }, ALICE],
    ['unless it is said', { WEBHOOK_SCOPE: 'system' }, { scope: 'system' }, ALICE],
    ['the state of root', {}, { stateDir: '/var/lib/pod-upgrade-trigger' }],
    ['the state of a user', {}, { stateDir: '/home/alice/.local/state/pod-upgrade-trigger' }, ALICE],
    ['which XDG moves', { XDG_STATE_HOME: '/x' }, { stateDir: '/x/pod-upgrade-trigger' }, ALICE],
    [
      'or not, where it is empty',
      { XDG_STATE_HOME: '' },
      { stateDir: '/home/alice/.local/state/pod-upgrade-trigger' },
      ALICE,
    ],
    ['what systemd gives', { STATE_DIRECTORY: '/s' }, { stateDir: '/s' }],
    ['the first of several', { STATE_DIRECTORY: '/s:/t' }, { stateDir: '/s' }],
    ['an empty one is none', { STATE_DIRECTORY: '' }, { stateDir: '/var/lib/pod-upgrade-trigger' }],
    ['what is said wins', { WEBHOOK_STATE_DIR: '/w', STATE_DIRECTORY: '/s' }, { stateDir: '/w' }],
    ['where it was read from', {}, { envFile: '/home/alice/env' }, ALICE],
    [
      'where GitHub finds us',
      { WEBHOOK_PUBLIC_URL: 'https://h.example/up/' },
      { publicUrl: 'https://h.example/up' },
    ],
    [
      'all outcomes but one are told',
      {},
      { notifyOutcomes: ['updated', 'staged', 'rolled-back', 'failed', 'skipped'] },
    ],
    [
      'or those that are named',
      { WEBHOOK_NOTIFY_OUTCOMES: 'failed, rolled-back' },
      { notifyOutcomes: ['failed', 'rolled-back'] },
    ],
    ['nobody speaks for others', {}, { trustedProxies: [] }],
    [
      'but proxies that are named',
      { WEBHOOK_TRUSTED_PROXIES: '127.0.0.1, ::1 10.0.0.0/8,unix' },
      { trustedProxies: ['127.0.0.1', '::1', '10.0.0.0/8', 'unix'] },
    ],
    ['numbers', { WEBHOOK_MAX_BODY_BYTES: '2048' }, { maxBodyBytes: 2048 }],
    ['an empty number is its default', { WEBHOOK_MAX_BODY_BYTES: '' }, { maxBodyBytes: 5_242_880 }],
    ['seconds become milliseconds', { WEBHOOK_REQUEST_TIMEOUT_SECS: '60' }, { requestTimeoutMs: 60_000 }],
    ['ten seconds for a request', {}, { requestTimeoutMs: 10_000 }],
    ['ten minutes for a pull', {}, { pullTimeoutMs: 600_000 }],
    ['one minute to be healthy', {}, { healthTimeoutMs: 60_000 }],
    ['the API takes the token', { WEBHOOK_TOKEN: ONE }, { tokens: [ONE], manualTokens: [ONE] }],
    [
      'or one of its own',
      { WEBHOOK_TOKEN: ONE, WEBHOOK_MANUAL_TOKEN: TWO },
      { tokens: [ONE], manualTokens: [TWO] },
    ],
    [
      'limits',
      {},
      {
        callLimits: [
          { count: 2, ms: 600_000 },
          { count: 10, ms: 18_000_000 },
        ],
        imageLimits: [{ count: 60, ms: 3_600_000 }],
      },
    ],
    ['ten seconds to settle, and a look ten minutes later', {}, { settleMs: 10_000, aftercareSecs: [600] }],
    ['several looks', { WEBHOOK_AFTERCARE_SECS: '0, 60 3600' }, { aftercareSecs: [60, 3600] }],
    ['nothing is discovered', {}, { discover: 'off' }],
    ['unless it is said', { WEBHOOK_AUTO_DISCOVER: '1' }, { discover: 'also' }],
    ['and nothing else', { WEBHOOK_AUTO_DISCOVER: 'only' }, { discover: 'only' }],
    ['in a sandbox', {}, { isOutside: false }],
    ['or outside of it', { WEBHOOK_IS_OUTSIDE: '1' }, { isOutside: true }],
    [
      'what has to be allowed',
      {},
      { reportJournal: false, withoutWayBack: false, redeploy: false, windows: undefined, spool: undefined },
    ],
    [
      'and is',
      { WEBHOOK_REPORT_JOURNAL: '1', WEBHOOK_WITHOUT_WAY_BACK: 'allow', WEBHOOK_REDEPLOY: '1' },
      { reportJournal: true, withoutWayBack: true, redeploy: true },
    ],
    [
      'a spool',
      { WEBHOOK_SPOOL_DIR: '/s', CREDENTIALS_DIRECTORY: '/c' },
      { spool: { dir: '/s', unitsFile: '/c/units.json', keysFile: '/c/keys-actions.json' } },
    ],
    ['the units of root', {}, { unitDir: '/etc/systemd/system' }],
    ['the units of a user', {}, { unitDir: '/home/alice/.config/systemd/user' }, ALICE],
    ['which XDG moves too', { XDG_CONFIG_HOME: '/x' }, { unitDir: '/x/systemd/user' }, ALICE],
    ['of the system, by a user', { WEBHOOK_SCOPE: 'system' }, { unitDir: '/etc/systemd/system' }, ALICE],
    ['or elsewhere', { WEBHOOK_UNIT_DIR: '/u' }, { unitDir: '/u' }],
    ['slashes at its end', { WEBHOOK_PUBLIC_URL: 'http://h.example//' }, { publicUrl: 'http://h.example' }],
    ['nobody reads metrics', {}, { metricsFile: undefined }],
    ['unless a file is named', { WEBHOOK_METRICS_FILE: '/m/us.prom' }, { metricsFile: '/m/us.prom' }],
    ['the generator is found', {}, { quadletGenerator: undefined }],
    ['unless it is said', { WEBHOOK_QUADLET_GENERATOR: '/g' }, { quadletGenerator: '/g' }],
  ]
  for (const [why, env, expected, around = ROOT] of rows) {
    const config: Partial<Config> = parseConfig(env, around)
    const got = Object.fromEntries(Object.keys(expected).map(name => [name, config[name as keyof Config]]))
    t.strictSame(got, expected, why)
  }
  t.ok(Object.isFrozen(parseConfig({}, ROOT)))
  t.strictSame(
    parseConfig({ WEBHOOK_UNKNOWN: 'x', PATH: 'y' }, ROOT),
    parseConfig({}, ROOT),
    'others have variables too',
  )
})

t.test('mistakes', async t => {
  const rows: readonly (readonly [why: string, name: string, value: string, said: string])[] = [
    ['no number', 'WEBHOOK_MAX_BODY_BYTES', '5MB', 'must be a whole number'],
    ['a fraction', 'WEBHOOK_REQUEST_TIMEOUT_SECS', '1.5', 'must be a whole number'],
    ['a sign', 'WEBHOOK_REQUEST_TIMEOUT_SECS', '-1', 'must be a whole number'],
    ['hexadecimal', 'WEBHOOK_REQUEST_TIMEOUT_SECS', '0x10', 'must be a whole number'],
    ['an exponent', 'WEBHOOK_PULL_TIMEOUT_SECS', '1e3', 'must be a whole number'],
    ['a space', 'WEBHOOK_PULL_TIMEOUT_SECS', ' 600', 'must be a whole number'],
    ['digits of another script', 'WEBHOOK_PULL_TIMEOUT_SECS', '６００', 'must be a whole number'],
    ['too small', 'WEBHOOK_REQUEST_TIMEOUT_SECS', '0', 'must be at least 1'],
    ['too large', 'WEBHOOK_REQUEST_TIMEOUT_SECS', '61', 'must be at most 60'],
    ['a body too small for any event', 'WEBHOOK_MAX_BODY_BYTES', '1023', 'must be at least 1024'],
    ['a body too large for a process', 'WEBHOOK_MAX_BODY_BYTES', '67108865', 'must be at most 67108864'],
    ['another scope', 'WEBHOOK_SCOPE', 'root', 'must be system or user'],
    ['another case', 'WEBHOOK_SCOPE', 'System', 'must be system or user'],
    ['a relative path', 'WEBHOOK_STATE_DIR', 'state', 'must be an absolute path'],
    ['a newline in a path', 'WEBHOOK_STATE_DIR', '/state\nx', 'must be an absolute path'],
    ['no URL', 'WEBHOOK_PUBLIC_URL', 'hooks.example.org', 'must be a URL, such as https://hooks.example.org'],
    ...['localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10/8', '*', '10.0.0.0/8/8', '127.0.0.1:80'].map(
      proxy =>
        [
          'no address',
          'WEBHOOK_TRUSTED_PROXIES',
          proxy,
          'must list addresses (192.0.2.1, ::1), networks (10.0.0.0/8) or unix, separated by commas or spaces',
        ] as const,
    ),
    [
      'no outcome',
      'WEBHOOK_NOTIFY_OUTCOMES',
      'failed bad',
      'must list outcomes: updated, unchanged, staged, rolled-back, failed, skipped',
    ],
    ...[
      'ftp://h.example',
      'https://h.example/?a',
      'https://h.example/#a',
      'https://u@h.example',
      'xhttps://h.example',
      'https:///a',
      'https://h.example/a b?',
    ].map(
      url =>
        ['no URL', 'WEBHOOK_PUBLIC_URL', url, 'must be a URL, such as https://hooks.example.org'] as const,
    ),
    ...['x', '60x', 'x60', '1234567', '60;60', '60,'].map(
      secs =>
        [
          'no seconds',
          'WEBHOOK_AFTERCARE_SECS',
          secs,
          'must be seconds, separated by commas or spaces; 0 is none',
        ] as const,
    ),
    ...['web *', '../web', 'web-*;'].map(
      glob =>
        ['no glob', 'WEBHOOK_DISCOVER_PATTERN', glob, 'must be a glob of unit names, such as web-*'] as const,
    ),
    ...Object.entries({
      WEBHOOK_LIMIT1_COUNT: 100_000,
      WEBHOOK_LIMIT1_WINDOW: 2_592_000,
      WEBHOOK_LIMIT2_COUNT: 100_000,
      WEBHOOK_LIMIT2_WINDOW: 2_592_000,
      WEBHOOK_IMAGE_LIMIT_COUNT: 100_000,
      WEBHOOK_IMAGE_LIMIT_WINDOW: 2_592_000,
      WEBHOOK_PULL_TIMEOUT_SECS: 86_400,
      WEBHOOK_HEALTH_TIMEOUT_SECS: 3600,
      WEBHOOK_SETTLE_SECS: 3600,
    }).map(([name, most]) => ['more than the most', name, `${most + 1}`, `must be at most ${most}`] as const),
    [
      'a spool without its credentials',
      'WEBHOOK_SPOOL_DIR',
      '/s',
      'is for the units that make install-spool installs',
    ],
    [
      'a file without a name',
      'WEBHOOK_METRICS_FILE',
      '/m/.prom',
      'must end in .prom: the collector reads no other file',
    ],
    [
      'a file that is not its own',
      'WEBHOOK_METRICS_FILE',
      '/m/us.prom.tmp',
      'must end in .prom: the collector reads no other file',
    ],
    ['a relative file', 'WEBHOOK_METRICS_FILE', 'us.prom', 'must be an absolute path'],
    [
      'a file that the collector does not read',
      'WEBHOOK_METRICS_FILE',
      '/m/us.txt',
      'must end in .prom: the collector reads no other file',
    ],
    ['a relative generator', 'WEBHOOK_QUADLET_GENERATOR', 'quadlet', 'must be an absolute path'],
    [
      'a unit that is an option',
      'WEBHOOK_MANUAL_UNITS',
      'web,-H',
      'must list service units, separated by commas or spaces',
    ],
    [
      'a template',
      'WEBHOOK_MANUAL_UNITS',
      'app@.service',
      'must list service units, separated by commas or spaces',
    ],
  ]
  for (const [why, name, value, said] of rows) {
    const problems = mistakes({ [name]: value })
    t.strictSame(problems, [`${name} ${said}`], `${why}: ${value}`)
  }
})

t.test('all mistakes at once, and no values', async t => {
  const env = {
    WEBHOOK_SCOPE: 'hunter2',
    WEBHOOK_STATE_DIR: 'hunter3',
    WEBHOOK_MAX_BODY_BYTES: 'hunter4',
    GITHUB_WEBHOOK_SECRET: `# hunter5\n${ONE}\nhunter6`,
  }
  const problems = mistakes(env)
  t.strictSame(problems.map(problem => problem.split(' ')[0]).sort(), [
    'GITHUB_WEBHOOK_SECRET',
    'GITHUB_WEBHOOK_SECRET',
    'WEBHOOK_MAX_BODY_BYTES',
    'WEBHOOK_SCOPE',
    'WEBHOOK_STATE_DIR',
  ])
  t.notMatch(problems.join('\n'), /hunter/)
})

t.test('every variable has a row for a mistake, or takes any text', async t => {
  const takesAnyText = Object.keys(VARIABLES).filter(name => mistakes({ [name]: '\u0000;' }).length === 0)
  t.strictSame(
    takesAnyText.filter(name => !/SECRET|TOKEN|COMMAND/.test(name)),
    [],
    'only secrets and a command are not checked',
  )
})

function mistakes(env: Env): readonly string[] {
  try {
    parseConfig(env, ROOT)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

t.test('whatever was in a file was a credential: a comment, a short word, a name', async t => {
  const rows: readonly (readonly [why: string, text: string, said: string | undefined])[] = [
    ['a comment', `#\n# the old one\n${ONE}`, 'line 1 is a comment, line 2 is a comment'],
    ['too short', 'x'.repeat(15), 'line 1 has fewer than 16'],
    ['long enough', 'x'.repeat(16), undefined],
    ['a single character', `${ONE}\n\n#`, 'line 3 is a comment'],
    ['a name', 'WEBHOOK_TOKEN=0123456789abcdef', 'line 1 has a name'],
    ['base64, which may end like a name', 'ABCDEF0123456789ABCDE=', undefined],
    ['a NUL', `${ONE}\0`, 'line 1 has a character that cannot be seen'],
    ['a byte order mark is read over', `\uFEFF${ONE}`, undefined],
    ['letters of other languages', 'Geheimnis für Prüfungen', undefined],
  ]
  for (const [why, text, said] of rows) {
    const told = mistakes({ WEBHOOK_TOKEN: text })
      .map(
        problem => /^WEBHOOK_TOKEN (line [0-9]+ [^,:]+?)(?:,|:| characters|$)/.exec(problem)?.[1] ?? problem,
      )
      .join(', ')
    t.equal(told, said ?? '', why)
  }
})

t.test('each sender has a secret of its own, and a registry, which requests are handed too', async t => {
  for (const name of SENDER_NAMES) {
    const env = {
      [secretVariable(name)]: `${ONE}\n${TWO}`,
      [registryVariable(name)]: 'Registry.example:5000',
    }
    const none = { secrets: [], registry: undefined }
    const expected = forEachSender(it =>
      it === name ? { secrets: [ONE, TWO], registry: 'registry.example:5000' } : none,
    )
    t.strictSame(parseConfig(env, ROOT).senders, expected, name)
    t.ok(SECRETS.includes(secretVariable(name)))
    for (const variable of Object.keys(env))
      t.ok(
        OF_REQUESTS.some(it => it === variable),
        variable,
      )
  }
})

t.test('the host of a registry', async t => {
  const rows: readonly (readonly [text: string, isOne: boolean])[] = [
    ['registry.example.org', true],
    ['registry.example.org:5000', true],
    ['registry:5000', true],
    ['localhost', true],
    ['localhost:5000', true],
    ['192.0.2.1:5000', true],
    ['[fd00::1]:5000', true],
    ['docker.io', true],
    ['registry', false],
    ['mylocalhost', false],
    ['localhostess', false],
    ['registry.example.org:123456', false],
    ['registry.example.org:5000x', false],
    ['[fd00::1', false],
    ['a-b.c--d.example', true],
    ['https://registry.example.org', false],
    ['registry.example.org/acme', false],
    ['registry.example.org:', false],
    ['-a.example', false],
    ['a..b', false],
    ['a b.example', false],
  ]
  for (const [text, isOne] of rows) t.equal(mistakes({ QUAY_REGISTRY: text }).length === 0, isOne, text)
})
