// What the doctor reads and asks, and how it tells what it found.
import t from 'tap'
import { VARIABLES } from '../../lib/config/variables.js'
import { parseListen, parsePace } from '../../lib/doctor/checks/delivery.js'
import { withoutSecrets } from '../../lib/doctor/checks/finding.js'
import { parseRequestUnit, unknownNames } from '../../lib/doctor/checks/setup.js'
import { parseListener } from '../../lib/doctor/checks/socket.js'
import { formatFindings } from '../../lib/doctor/format-findings.js'
import {
  clockArgv,
  lingerArgv,
  listenersArgv,
  managerArgv,
  podmanArgv,
  propertiesArgv,
} from '../../lib/doctor/probes.js'
import { parseProperties } from '../../lib/host/unit-state.js'
import { matchAll } from '../support/match-all.js'

const AT = { host: '127.0.0.1', port: 9787 }

t.test('names that nothing reads', async t => {
  const names = ['WEBHOOK_TOKEN', 'WEBHOOK_TOKEN_FILE', 'WEBHOOK_UNIT', 'GITHUB_WEBHOOK_SECRETS', 'PATH']
  t.strictSame(unknownNames(names, ['WEBHOOK_TOKEN']), ['WEBHOOK_UNIT', 'GITHUB_WEBHOOK_SECRETS'])
  t.strictSame(unknownNames(['ACTION_ALLOW', 'ACTIONS_ALLOW'], ['ACTIONS_ALLOW']), ['ACTION_ALLOW'])
  const ofSenders = ['ZOT_WEBHOOK_SECRET_FILE', 'ZOT_REGISTRY', 'ZOTT_REGISTRY', 'FORJEGO_WEBHOOK_SECRET']
  t.strictSame(unknownNames(ofSenders, Object.keys(VARIABLES)), ['ZOTT_REGISTRY', 'FORJEGO_WEBHOOK_SECRET'])
})

t.test('the unit of a request', async t => {
  const text = `[Service]
ExecStart=/usr/bin/node /l/p.cjs serve
Environment=WEBHOOK_ENV_FILE=/etc/x/env
#LoadCredential=WEBHOOK_TOKEN:/x
# a drop-in
LoadCredentialEncrypted=GITHUB_WEBHOOK_SECRET:/x
Environment=WEBHOOK_ENV_FILE=%d/env
`
  t.strictSame(parseRequestUnit(text), {
    node: '/usr/bin/node',
    script: '/l/p.cjs',
    envFile: '%d/env',
    credentials: ['GITHUB_WEBHOOK_SECRET'],
  })
  matchAll(t, parseRequestUnit(''), { node: undefined, credentials: [] })
})

t.test('where the socket listens', async t => {
  const rows: readonly (readonly [text: string, address: unknown])[] = [
    ['127.0.0.1:9787 (Stream)', AT],
    ['0.0.0.0:9787 (Stream)', AT],
    ['[::]:9787 (Stream)', { host: '::1', port: 9787 }],
    ['[fd00::7]:80 (Stream)', { host: 'fd00::7', port: 80 }],
    ['/run/x.sock (Stream)', { socketPath: '/run/x.sock' }],
    ['/run/d (Datagram)\n127.0.0.1:9787 (Stream)', AT],
    ['', undefined],
    ['@abstract (Stream)', undefined],
  ]
  for (const [text, address] of rows) t.strictSame(parseListen(text), address, text)
})

t.test('what the socket lets in a second', async t => {
  t.equal(parsePace('15', '5s'), 3)
  t.equal(parsePace('1', '500ms'), 2)
  t.equal(parsePace('0', '0'), undefined, 'no limit')
  t.equal(parsePace(undefined, undefined), undefined, 'a systemd that knows none')
})

t.test('a property that is there twice', async t => {
  const properties = parseProperties('Listen=a (Stream)\nListen=b (Stream)\nLoadState=loaded\n')
  t.strictSame(
    [...properties],
    [
      ['Listen', 'a (Stream)\nb (Stream)'],
      ['LoadState', 'loaded'],
    ],
  )
})

t.test('the command lines', async t => {
  const properties =
    '--property=LoadState,ActiveState,UnitFileState,NeedDaemonReload,Listen,PollLimitIntervalUSec,PollLimitBurst'
  t.strictSame(
    [
      managerArgv('user'),
      lingerArgv('a'),
      clockArgv(),
      podmanArgv(),
      propertiesArgv('system', 'a.timer'),
    ].map(argv => argv.join(' ')),
    [
      'systemctl --user is-system-running',
      'loginctl show-user --property=Linger --value a',
      'timedatectl show --property=NTPSynchronized --value',
      'podman info --format={{.Version.Version}} {{.Store.GraphRoot}}',
      `systemctl show ${properties} -- a.timer`,
    ],
  )
})

t.test('who listens on a port', async t => {
  t.equal(listenersArgv(9787).join(' '), 'ss -Hltnp sport = :9787')
  const row = 'LISTEN 0 511 127.0.0.1:9787 0.0.0.0:*'
  t.equal(parseListener(`${row} users:(("node",pid=7,fd=18),("node",pid=8,fd=18))\n`), 'node (pid 7)')
  t.equal(parseListener(`${row}\n`), 'a program of another user')
  t.equal(parseListener('\n'), undefined)
})

t.test('no secret is told', async t => {
  const finding = {
    check: 'a',
    verdict: 'problem',
    detail: 'x hunter2hunter2 y',
    fix: 'z hunter2hunter2',
  } as const
  t.strictSame(withoutSecrets(finding, ['hunter2hunter2', 'x']), {
    ...finding,
    detail: 'x [secret] y',
    fix: 'z [secret]',
  })
})

t.test('a line for each, control characters escaped, colours where they are wanted', async t => {
  const findings = [
    { check: 'a', verdict: 'ok', detail: 'well\u001b[2J' },
    { check: 'socket', verdict: 'problem', detail: 'one\ntwo', fix: 'do it' },
  ] as const
  t.equal(
    formatFindings(findings, false),
    'ok       a       well\\u001b[2J\nproblem  socket  one; two\n                 -> do it\n1 problem, 0 warnings, 1 ok\n',
  )
  t.match(formatFindings(findings, true), '\u001b[31mproblem\u001b[0m  socket')
})
