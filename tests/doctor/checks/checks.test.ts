// The doctor's verdicts, as a table: what was found, and what is said of it. Every verdict but ok says what fixes it.
import t from 'tap'
import { forEachSender } from '../../../lib/config/sender-names.js'
import { judgeActions } from '../../../lib/doctor/checks/actions.js'
import { judgeReply } from '../../../lib/doctor/checks/delivery.js'
import type { CheckResult } from '../../../lib/doctor/checks/finding.js'
import * as host from '../../../lib/doctor/checks/host.js'
import { judgeRegistry, type RegistryFacts, whereIsLogin } from '../../../lib/doctor/checks/registry.js'
import * as setup from '../../../lib/doctor/checks/setup.js'
import { judgeSocket } from '../../../lib/doctor/checks/socket.js'
import { judgeDatabases, judgeDirectory, judgeMetrics } from '../../../lib/doctor/checks/state.js'
import { judgeTenant, judgeUnit, judgeUnits, type UnitFacts } from '../../../lib/doctor/checks/units.js'
import { parseProperties } from '../../../lib/host/unit-state.js'

const said = (stdout: string, code = 0): host.CommandResult => ({
  code,
  stdout,
  stderr: '',
  trouble: undefined,
})
const judgeNode = (own: string, started: Parameters<typeof host.judgeNode>[1]) =>
  host.judgeNode(own, started, '20.19')
const judgeManager = (
  scope: 'system' | 'user',
  state: host.CommandResult,
  version = 'systemd 257 (257.13-1)\n+PAM',
) => host.judgeManager(scope, state, said(version), '252')
const judgePodman = (result: host.CommandResult, freeBytes: number | undefined) =>
  host.judgePodman(result, freeBytes, '4.9')
const GONE: host.CommandResult = { code: undefined, stdout: '', stderr: '', trouble: 'spawn x ENOENT' }
const shown = (text: string) => parseProperties(text.replaceAll(' ', '\n'))
const LOADED = shown('LoadState=loaded ActiveState=active')
const INACTIVE = shown('LoadState=loaded ActiveState=inactive')
const NOW = Date.UTC(2026, 0, 31)
const NODE = '/usr/bin/node'
const READ: setup.ConfigurationFacts = { mistakes: [], envFile: '/e', unknown: [], unitsEnvFile: '/e' }
const files = (mode: number, holdsSecret = true) => setup.judgeFiles([{ path: '/e', mode, holdsSecret }])
const DIR = { path: '/s', owner: 0, mode: 0o700, freeBytes: 2 ** 30 }
const DATA = { path: '/s', intact: 2, corrupt: [], unchecked: [], keptBefore: [], keptNow: [] }
const secrets = (github: string[], given: string[] = []) =>
  setup.judgeSecrets({ senders: ofGithub(github), tokens: [], manualTokens: [], actionsRules: [] }, given)
const ofGithub = (secrets: readonly string[]) =>
  forEachSender(name => ({ secrets: name === 'github' ? secrets : [], registry: undefined }))
const unit = (image: string | undefined, load = 'loaded', active = 'active', more: Partial<UnitFacts> = {}) =>
  judgeUnit('user', {
    known: { unit: 'web.service', image, enabledBy: 'list' },
    loadState: load,
    activeState: active,
    ...more,
  })
const SHOP = { tenant: 'SHOP', units: ['web.service', 'db.service'], values: {} }
const PACE = { letsIn: 3, processors: 2 }
const FREE = { letsIn: undefined, processors: 2 }
const AT = { host: '127.0.0.1', port: 9787 }
const IMAGE = 'ghcr.io/acme/web:latest'
const THERE = { kind: 'there', platforms: [] } as const
const REGISTRY: RegistryFacts = {
  host: 'ghcr.io',
  answer: THERE,
  login: { path: undefined, isLost: false, lasting: '/root/.config/containers/auth.json' },
  options: [],
  architecture: 'x64',
}
const registry = (more: Partial<RegistryFacts>) => judgeRegistry(IMAGE, { ...REGISTRY, ...more })
const LOST = { ...REGISTRY.login, path: '/run/containers/0/auth.json', isLost: true }
const list = (...platforms: string[]) => ({ kind: 'there', platforms }) as const
const FAILED = shown('LoadState=loaded ActiveState=failed')
const taken = (scope: 'system' | 'user', by: string, host = '127.0.0.1') =>
  judgeSocket(scope, FAILED, { address: { host, port: 9787 }, by })

const RULES = [
  { repositoryId: '1296269', ref: 'refs/heads/main', units: ['web.service', 'db.service'] },
  { repositoryId: '7', ref: 'refs/tags/v1', units: ['app@one.service'] },
]
const HOUR = 3_600_000

type Row = readonly [why: string, found: CheckResult | undefined, verdict: string | undefined, told?: RegExp]

const ROWS: readonly Row[] = [
  ['node', judgeNode('v20.19.0', undefined), 'ok', /v20\.19\.0/],
  ['node, newer', judgeNode('v24.1.0', { path: NODE, result: said('v22.0.0\n') }), 'ok', /v22/],
  ['node, old', judgeNode('v20.18.3', undefined), 'problem', /too old/],
  ['the units’ node, old', judgeNode('v24.1.0', { path: NODE, result: said('v18.1.0') }), 'problem', /v18/],
  ['the units’ node, gone', judgeNode('v24.1.0', { path: NODE, result: GONE }), 'problem', /ENOENT/],
  ['manager', judgeManager('system', said('running')), 'ok'],
  [
    'manager, old',
    judgeManager('system', said('running'), 'systemd 249 (249.11)\n'),
    'warning',
    /systemd 249 .*older than 252/,
  ],
  [
    'manager, old and offline',
    judgeManager('system', said('offline', 1), 'systemd 249\n'),
    'problem',
    /offline/,
  ],
  ['manager, whose version nobody tells', judgeManager('system', said('running'), ''), 'ok'],
  ['manager, degraded', judgeManager('user', said('degraded', 1)), 'ok', /--user .*--failed/],
  ['manager, offline', judgeManager('system', said('offline', 1)), 'problem', /offline/],
  ['manager, none', judgeManager('user', GONE), 'problem', /enable-linger/],
  ['linger', host.judgeLinger('a', said('yes')), 'ok'],
  ['linger, no', host.judgeLinger('a', said('no')), 'problem', /loginctl enable-linger/],
  [
    'linger, unknown',
    host.judgeLinger('a', { ...said('', 1), stderr: 'not logged in' }),
    'problem',
    /not logged/,
  ],
  [
    'podman, old',
    judgePodman(said('4.3.1 /var/lib/containers'), 2 ** 40),
    'warning',
    /podman 4\.3\.1: .*4\.9/,
  ],
  ['podman, the oldest', judgePodman(said('4.9.0 /var/lib/containers'), 2 ** 40), 'ok'],
  ['podman, with another number of digits', judgePodman(said('4.10 /var/lib/containers'), 2 ** 40), 'ok'],
  ['podman', judgePodman(said('5.4.2 /var/lib/my containers'), 2 ** 40), 'ok', /my containers/],
  ['podman, room unknown', judgePodman(said('5.4.2 /x'), undefined), 'ok'],
  ['podman, no room', judgePodman(said('5.4.2 /x'), 2 ** 20), 'warning', /only 1 MiB/],
  ['podman, none', judgePodman(GONE, undefined), 'problem', /install podman/],
  ['generator', host.judgeGenerator('/g', said('x'), 3), 'ok', /3 units/],
  ['generator, none', host.judgeGenerator(undefined, undefined, 0), 'warning'],
  [
    'generator, and one file that it does not understand: the file comes first',
    host.judgeGenerator('/g', said('', 1), 3, [
      { file: '/q/web.container', why: "unsupported key 'Memory'" },
      { file: 'b.kube', why: 'no Yaml key specified' },
    ]),
    'problem',
    /^\/q\/web.container: unsupported key 'Memory'; b.kube: no Yaml key specified /,
  ],
  ['generator, fails', host.judgeGenerator('/g', said('', 1), 0), 'problem', /\/g --dryrun/],
  ['flock', host.judgeFlock(said('flock from util-linux 2.41')), 'ok'],
  ['flock, none', host.judgeFlock(GONE), 'problem', /util-linux/],
  ['clock', host.judgeClock(NOW, said('yes')), 'ok'],
  ['clock, nobody to ask', host.judgeClock(NOW, GONE), 'ok'],
  ['clock, not synchronized', host.judgeClock(NOW, said('no')), 'warning', /set-ntp/],
  ['clock, of 1970', host.judgeClock(0, said('yes')), 'problem', /1970/],
  [
    'tenant',
    judgeTenant(SHOP, ['db.service', 'web.service', 'app.service']),
    'ok',
    /^web.service, db.service$/,
  ],
  [
    'tenant, whose unit is not enabled: its pushes would do nothing',
    judgeTenant(SHOP, ['web.service']),
    'warning',
    /^not enabled: db.service .*WEBHOOK_UNITS_SHOP$/,
  ],
  ['configuration', setup.judgeConfiguration(READ), 'ok', /\/e/],
  [
    'configuration, wrong',
    setup.judgeConfiguration({ ...READ, mistakes: ['A x', 'B y'] }),
    'problem',
    /A x; B y/,
  ],
  [
    'a slip of the pen',
    setup.judgeConfiguration({ ...READ, unknown: ['WEBHOOK_UNITS'] }),
    'warning',
    /_UNITS/,
  ],
  [
    'another file',
    setup.judgeConfiguration({ ...READ, unitsEnvFile: '/f' }),
    'warning',
    /WEBHOOK_ENV_FILE=\/f/,
  ],
  ['a copy', setup.judgeConfiguration({ ...READ, unitsEnvFile: '%d/env' }), 'ok'],
  ['no secret', secrets([]), 'problem', /openssl rand/],
  ['a secret', secrets(['x'.repeat(32)]), 'ok', /\/hooks\/github$/],
  ['a credential', secrets([], ['GITHUB_WEBHOOK_SECRET', 'WEBHOOK_TOKEN']), 'ok', /\/auto-update$/],
  ['a credential of another sender', secrets([], ['QUAY_WEBHOOK_SECRET']), 'ok', /for \/hooks\/quay$/],
  ['tokens, and no secret of a sender', secrets([], ['WEBHOOK_TOKEN']), 'warning', /answered 503/],
  [
    'GitHub Actions: who may what, and the keys',
    judgeActions(RULES, NOW - 5 * HOUR, NOW),
    'ok',
    /^may upgrade: 1296269 refs\/heads\/main: web.service, db.service; 7 refs\/tags\/v1: app@one.service; GitHub's keys are 5 h old$/,
  ],
  ['metrics', judgeMetrics('/m/a.prom', undefined), 'ok', /^\/m\/a.prom$/],
  [
    'metrics, in a directory of another user',
    judgeMetrics('/m/a.prom', 'EACCES'),
    'warning',
    /setfacl .* \/m$/,
  ],
  [
    'metrics, in a directory that is not there',
    judgeMetrics('/m/a.prom', 'ENOENT'),
    'warning',
    /create \/m,/,
  ],
  ['GitHub Actions, old keys', judgeActions(RULES, NOW - 30 * HOUR, NOW), 'warning', /30 h old.*--all/s],
  ['GitHub Actions, no keys', judgeActions(RULES, undefined, NOW), 'warning', /not here yet.*--all/s],
  [
    'GitHub Actions alone',
    setup.judgeSecrets({ senders: ofGithub([]), tokens: [], manualTokens: [], actionsRules: RULES }, []),
    'warning',
    /^set for \/api\/v1 of GitHub Actions/,
  ],
  ['a file', files(0o600), 'ok'],
  ['a file for all', files(0o644), 'problem', /chmod 600 \/e/],
  ['a file for a group', files(0o640), 'warning', /group/],
  ['a file without secrets', files(0o644, false), 'ok'],
  ['a file that others write', files(0o620, false), 'problem', /may write/],
  ['units', setup.judgeInstalled('system', new Map([['a', LOADED]])), 'ok'],
  [
    'units, none',
    setup.judgeInstalled('user', new Map([['a', shown('LoadState=not-found')]])),
    'problem',
    /install-user/,
  ],
  [
    'units, masked',
    setup.judgeInstalled('user', new Map([['a', shown('LoadState=masked')]])),
    'problem',
    /unmask a/,
  ],
  ['units, unknown', setup.judgeInstalled('user', new Map([['a', shown('')]])), 'problem', /the manager/],
  [
    'units, changed',
    setup.judgeInstalled('user', new Map([['a', shown('LoadState=loaded NeedDaemonReload=yes')]])),
    'warning',
    /daemon-reload/,
  ],
  ['socket', judgeSocket('system', LOADED), 'ok'],
  ['socket, not active', judgeSocket('user', INACTIVE), 'problem', /--user enable --now/],
  ['socket, for now', judgeSocket('user', shown('ActiveState=active UnitFileState=disabled')), 'warning'],
  [
    'a port that is taken: who has it, and another for the socket and the proxy',
    taken('system', 'node (pid 7)'),
    'problem',
    /9787 is taken by node \(pid 7\) mkdir -p .*ListenStream=127\.0\.0\.1:9788.* && systemctl restart \S+\nand in the proxy: 127\.0\.0\.1:9788/,
  ],
  [
    'a port that another manager has',
    taken('user', 'systemd (pid 1)', '::1'),
    'problem',
    /list-sockets.*\[::1\]:9788/,
  ],
  ['units of both managers', setup.judgeInstalled('user', new Map([['a', LOADED]]), true), 'ok', /its own/],
  ['timer', setup.judgeTimer('system', LOADED, INACTIVE), 'ok'],
  ['timer, not active', setup.judgeTimer('system', INACTIVE, LOADED), 'warning', /enable --now pod-up/],
  ['two timers', setup.judgeTimer('system', LOADED, LOADED), 'warning', /disable --now podman-auto-update/],
  [
    'timer, for now',
    setup.judgeTimer('system', shown('ActiveState=active UnitFileState=disabled'), INACTIVE),
    'warning',
  ],
  ['state', judgeDirectory('system', DIR, 0), undefined],
  ['state, not yet', judgeDirectory('system', { ...DIR, owner: undefined }, 0), 'ok'],
  ['state, a user’s, not there', judgeDirectory('user', { ...DIR, owner: undefined }, 1), 'problem', /mkdir/],
  ['state, of another', judgeDirectory('system', { ...DIR, owner: 7 }, 0), 'problem', /user 7/],
  ['state, open', judgeDirectory('system', { ...DIR, mode: 0o755 }, 0), 'warning', /chmod 700/],
  ['state, full', judgeDirectory('system', { ...DIR, freeBytes: 0 }, 0), 'problem', /prune/],
  ['databases', judgeDatabases('system', DATA), 'ok', /2 databases/],
  [
    'databases, corrupt',
    judgeDatabases('system', { ...DATA, corrupt: ['events.db'] }),
    'problem',
    /stop .* && .* && mv /,
  ],
  [
    'databases, set aside now',
    judgeDatabases('system', { ...DATA, keptNow: ['x.corrupt-1'] }),
    'problem',
    /x\.corrupt-1/,
  ],
  [
    'databases, set aside: what is in it is read into a file, and nothing is removed',
    judgeDatabases('system', { ...DATA, keptBefore: ['x.corrupt-1'] }),
    'warning',
    /cd \/s && \(sqlite3 x\.corrupt-1 \.recover \|\| true\) >x\.corrupt-1\.sql && mv x\.corrupt-1 x\.corrupt-1\.set-aside$/,
  ],
  [
    'databases, too large',
    judgeDatabases('system', { ...DATA, unchecked: ['events.db'] }),
    'warning',
    /prune/,
  ],
  ['no unit', judgeUnits(0), 'warning', /WEBHOOK_MANUAL_UNITS/],
  ['a unit', unit(IMAGE), 'ok'],
  ['a unit that is not there', unit(IMAGE, 'not-found'), 'problem', /not-found/],
  ['a unit that is masked', unit(IMAGE, 'masked'), 'problem', /--user unmask web\.service/],
  ['a unit that failed', unit(IMAGE, 'loaded', 'failed'), 'warning', /status web/],
  ['no container', unit(undefined), 'problem', /its image is unknown/],
  ['a password', unit(IMAGE, 'loaded', 'active', { hasCreds: true }), 'warning', /Creds=/],
  [
    'a window nobody understands',
    unit(IMAGE, 'loaded', 'active', { windowProblem: 'X-Window= x' }),
    'problem',
    /daemon-reload/,
  ],
  ['a digest', unit(`ghcr.io/a/b@sha256:${'0'.repeat(64)}`), 'warning', /pinned/],
  ['localhost', unit('localhost/b:1'), 'warning', /local/],
  ['localhost with a port is a registry', unit('localhost:5000/b:1'), 'ok'],
  ['a short name', unit('acme/web'), 'warning', /docker\.io/],
  ['no reference', unit('UPPER CASE'), 'problem', /not a valid/],
  ['an image that is there', registry({}), undefined],
  ['a list with our platform', registry({ answer: list('linux/arm64', 'linux/amd64') }), undefined],
  [
    'a list without',
    registry({ answer: list('linux/arm64') }),
    'problem',
    /not there for linux\/amd64, but for linux\/arm64/,
  ],
  [
    'a list with the one that the unit asks for',
    registry({ answer: list('linux/arm64'), options: ['--arch=arm64'] }),
    undefined,
  ],
  [
    'a platform in one word',
    registry({ answer: list('linux/arm64'), options: ['--platform=linux/arm64/v8'] }),
    undefined,
  ],
  [
    'a registry that is down',
    registry({ answer: { kind: 'silent', why: 'dial tcp: refused' } }),
    'problem',
    /does not answer: dial/,
  ],
  ['a tag that is not there', registry({ answer: { kind: 'missing', why: '' } }), 'problem', /has no ghcr/],
  [
    'a registry that wants a login, and none is here',
    registry({ answer: { kind: 'refused', why: 'a\nunauthorized' } }),
    'problem',
    /no login for it: unauthorized podman login --authfile \/root\S+ ghcr\.io/,
  ],
  [
    'a login that is refused is mended where it is',
    registry({ answer: { kind: 'refused', why: '' }, login: { ...LOST, path: '/a.json', isLost: false } }),
    'problem',
    /to the login in \/a\.json: {2}podman login --authfile \/a\.json ghcr/,
  ],
  [
    'a login that a restart of the host removes',
    registry({ login: LOST }),
    'warning',
    /removes podman login --authfile \/root/,
  ],
  ['no time left to ask', registry({ answer: { kind: 'not-asked' } }), 'warning', /not asked/],
  [
    'a unit whose registry is down',
    unit(IMAGE, 'loaded', 'active', { registry: { ...REGISTRY, answer: { kind: 'silent', why: 'x' } } }),
    'problem',
  ],
  [
    'a unit whose login is lost',
    unit(IMAGE, 'loaded', 'active', { registry: { ...REGISTRY, login: LOST } }),
    'warning',
    /removes/,
  ],
  [
    'a way back that is proven',
    unit(IMAGE, 'loaded', 'active', { wayBack: { isProven: true, trouble: undefined } }),
    'ok',
    /way back proven$/,
  ],
  [
    'one that will be',
    unit(IMAGE, 'loaded', 'active', { wayBack: { isProven: false, trouble: undefined } }),
    'ok',
    /to be proven/,
  ],
  [
    'no way back',
    unit(IMAGE, 'loaded', 'active', { wayBack: { isProven: false, trouble: 'it has 2' } }),
    'warning',
    /it has 2.*WITHOUT_WAY_BACK/,
  ],
  ['a delivery', judgeReply('github', AT, { status: 200, tookMs: 400 }, 'system', PACE), 'ok', /in 0\.4 s$/],
  [
    'a delivery to a host that is too slow for what is let in',
    judgeReply('github', AT, { status: 200, tookMs: 2500 }, 'user', PACE),
    'warning',
    /in 2\.5 s, but the socket lets in 3 .*~\/\.config.*PollLimitIntervalSec=1s\\nPollLimitBurst=1\\n'.* && systemctl --user restart/,
  ],
  [
    'a delivery, where nothing limits it',
    judgeReply('github', AT, { status: 200, tookMs: 2500 }, 'user', FREE),
    'ok',
  ],
  [
    'a delivery, 401',
    judgeReply('github', AT, { status: 401, tookMs: 1 }, 'system', PACE),
    'problem',
    /different secrets/,
  ],
  [
    'a delivery, 503',
    judgeReply('github', AT, { status: 503, tookMs: 1 }, 'user', PACE),
    'problem',
    /journalctl --user/,
  ],
  [
    'a delivery, unanswered',
    judgeReply('github', AT, { trouble: 'ECONNREFUSED' }, 'system', PACE),
    'problem',
    /ECONNREFUSED/,
  ],
]

for (const [why, found, verdict, told] of ROWS) {
  t.test(why, async t => {
    t.equal(found?.verdict, verdict)
    t.equal(found?.fix !== undefined, verdict === 'warning' || verdict === 'problem', 'what fixes it')
    if (told !== undefined) t.match(`${found?.detail} ${found?.fix ?? ''}`.trim(), told)
  })
}

t.test('a login is for a host or a part of it, and lasts where any file that holds it does', async t => {
  const auth = (...keys: string[]) =>
    JSON.stringify({ auths: Object.fromEntries(keys.map(key => [key, {}])) })
  const [run, home] = ['/run/user/7/containers/auth.json', '/home/a/.config/containers/auth.json']
  const rows: readonly (readonly [files: [string, string][], path: string | undefined, isLost: boolean])[] = [
    [[[run, auth('ghcr.io')]], run, true],
    [[[run, auth('ghcr.io/acme')]], run, true],
    [[[run, auth('https://ghcr.io/v1/')]], run, true],
    [
      [
        [run, auth('ghcr.io')],
        [home, auth('ghcr.io')],
      ],
      run,
      false,
    ],
    [
      [
        [run, auth('quay.io')],
        [home, auth('ghcr.io')],
      ],
      home,
      false,
    ],
    [[[run, auth('ghcr.io.evil.example')]], undefined, false],
    [
      [
        [run, 'no JSON'],
        [home, ''],
      ],
      undefined,
      false,
    ],
    [[[run, '{}']], undefined, false],
  ]
  for (const [files, path, isLost] of rows)
    t.strictSame(whereIsLogin('ghcr.io', files), { path, isLost }, JSON.stringify(files))
})
