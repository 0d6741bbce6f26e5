// The doctor's verdicts, as a table: what was found, and what is said of it. Every verdict but ok says what fixes it.
import t from 'tap'
import { judgeReply } from '../../../lib/doctor/checks/delivery.js'
import type { CheckResult } from '../../../lib/doctor/checks/finding.js'
import * as host from '../../../lib/doctor/checks/host.js'
import * as setup from '../../../lib/doctor/checks/setup.js'
import { judgeDatabases, judgeDirectory } from '../../../lib/doctor/checks/state.js'
import { judgeUnit, judgeUnits } from '../../../lib/doctor/checks/units.js'
import { parseProperties } from '../../../lib/host/unit-state.js'

const said = (stdout: string, code = 0): host.CommandResult => ({
  code,
  stdout,
  stderr: '',
  trouble: undefined,
})
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
  setup.judgeSecrets({ githubSecrets: github, tokens: [], manualTokens: [] }, given)
const unit = (image: string | undefined, load = 'loaded', active = 'active', hasCreds = false) =>
  judgeUnit('user', {
    known: { unit: 'web.service', image, enabledBy: 'list' },
    loadState: load,
    activeState: active,
    hasCreds,
  })
const AT = { host: '127.0.0.1', port: 9787 }
const IMAGE = 'ghcr.io/acme/web:latest'

type Row = readonly [why: string, found: CheckResult | undefined, verdict: string | undefined, told?: RegExp]

const ROWS: readonly Row[] = [
  ['node', host.judgeNode('v20.19.0', undefined), 'ok', /v20\.19\.0/],
  ['node, newer', host.judgeNode('v24.1.0', { path: NODE, result: said('v22.0.0\n') }), 'ok', /v22/],
  ['node, old', host.judgeNode('v20.18.3', undefined), 'problem', /too old/],
  [
    'the units’ node, old',
    host.judgeNode('v24.1.0', { path: NODE, result: said('v18.1.0') }),
    'problem',
    /v18/,
  ],
  ['the units’ node, gone', host.judgeNode('v24.1.0', { path: NODE, result: GONE }), 'problem', /ENOENT/],
  ['manager', host.judgeManager('system', said('running')), 'ok'],
  ['manager, degraded', host.judgeManager('user', said('degraded', 1)), 'ok', /--user .*--failed/],
  ['manager, offline', host.judgeManager('system', said('offline', 1)), 'problem', /offline/],
  ['manager, none', host.judgeManager('user', GONE), 'problem', /enable-linger/],
  ['linger', host.judgeLinger('a', said('yes')), 'ok'],
  ['linger, no', host.judgeLinger('a', said('no')), 'problem', /loginctl enable-linger/],
  [
    'linger, unknown',
    host.judgeLinger('a', { ...said('', 1), stderr: 'not logged in' }),
    'problem',
    /not logged/,
  ],
  ['podman', host.judgePodman(said('5.4.2 /var/lib/my containers'), 2 ** 40), 'ok', /my containers/],
  ['podman, room unknown', host.judgePodman(said('5.4.2 /x'), undefined), 'ok'],
  ['podman, no room', host.judgePodman(said('5.4.2 /x'), 2 ** 20), 'warning', /only 1 MiB/],
  ['podman, none', host.judgePodman(GONE, undefined), 'problem', /install podman/],
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
  ['a short secret', secrets(['x'.repeat(32), 'short']), 'warning', /GITHUB_WEBHOOK_SECRET/],
  ['a credential', secrets([], ['WEBHOOK_TOKEN']), 'ok', /\/auto-update$/],
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
  ['socket', setup.judgeSocket('system', LOADED), 'ok'],
  ['socket, not active', setup.judgeSocket('user', INACTIVE), 'problem', /--user enable --now/],
  [
    'socket, for now',
    setup.judgeSocket('user', shown('ActiveState=active UnitFileState=disabled')),
    'warning',
  ],
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
  ['databases', judgeDatabases(DATA), 'ok', /2 databases/],
  ['databases, corrupt', judgeDatabases({ ...DATA, corrupt: ['events.db'] }), 'problem', /recover/],
  [
    'databases, set aside now',
    judgeDatabases({ ...DATA, keptNow: ['x.corrupt-1'] }),
    'problem',
    /x\.corrupt-1/,
  ],
  ['databases, set aside', judgeDatabases({ ...DATA, keptBefore: ['x.corrupt-1'] }), 'warning', /rm x/],
  ['databases, too large', judgeDatabases({ ...DATA, unchecked: ['events.db'] }), 'warning', /prune/],
  ['no unit', judgeUnits(0), 'warning', /WEBHOOK_MANUAL_UNITS/],
  ['a unit', unit(IMAGE), 'ok'],
  ['a unit that is not there', unit(IMAGE, 'not-found'), 'problem', /not-found/],
  ['a unit that is masked', unit(IMAGE, 'masked'), 'problem', /--user unmask web\.service/],
  ['a unit that failed', unit(IMAGE, 'loaded', 'failed'), 'warning', /status web/],
  ['no container', unit(undefined), 'problem', /its image is unknown/],
  ['a password', unit(IMAGE, 'loaded', 'active', true), 'warning', /Creds=/],
  ['a digest', unit(`ghcr.io/a/b@sha256:${'0'.repeat(64)}`), 'warning', /pinned/],
  ['localhost', unit('localhost/b:1'), 'warning', /local/],
  ['localhost with a port is a registry', unit('localhost:5000/b:1'), 'ok'],
  ['a short name', unit('acme/web'), 'warning', /docker\.io/],
  ['no reference', unit('UPPER CASE'), 'problem', /not a valid/],
  ['a delivery', judgeReply(AT, { status: 200 }, 'system'), 'ok'],
  ['a delivery, 401', judgeReply(AT, { status: 401 }, 'system'), 'problem', /different secrets/],
  ['a delivery, 503', judgeReply(AT, { status: 503 }, 'user'), 'problem', /journalctl --user/],
  [
    'a delivery, unanswered',
    judgeReply(AT, { trouble: 'ECONNREFUSED' }, 'system'),
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
