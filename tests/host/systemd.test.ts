// The command lines for the service manager, as literals: what is here is what an administrator sees in the journal.
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { taskTimeLimitSecs } from '../../lib/config/time-limits.js'
import {
  catArgv,
  journalArgv,
  lastJobArgv,
  resetArgv,
  restartArgv,
  startArgv,
} from '../../lib/host/systemd.js'
import { keyFetchArgv, startTaskArgv, wakeTaskArgv } from '../../lib/host/transient-units.js'
import { dependentsArgv, parseDependents, parseShow, showArgv } from '../../lib/host/unit-state.js'

const SELF = { node: '/usr/bin/node', script: '/usr/local/lib/pod-upgrade-trigger/pod-upgrade-trigger.cjs' }
const SECRET = 'hunter2-hunter2-hunter2'
const system = parseConfig(
  { GITHUB_WEBHOOK_SECRET: SECRET },
  { uid: 0, home: '/root', envFile: '/etc/pod-upgrade-trigger/env' },
)
const user = parseConfig(
  { GITHUB_WEBHOOK_SECRET: SECRET, WEBHOOK_PULL_TIMEOUT_SECS: '10', WEBHOOK_HEALTH_TIMEOUT_SECS: '1' },
  { uid: 1000, home: '/home/alice', envFile: undefined },
)

t.test('a fetch of keys, which nobody can have twice at once', async t => {
  t.strictSame(keyFetchArgv(user, SELF), [
    'systemd-run',
    '--user',
    '--collect',
    '--no-block',
    '--quiet',
    '--unit=pod-upgrade-trigger-keys.service',
    '--description=pod-upgrade-trigger keys of GitHub Actions',
    '--slice=pod-upgrade-trigger.slice',
    '--property=RuntimeMaxSec=60',
    '--setenv=WEBHOOK_ENV_FILE=',
    '--setenv=WEBHOOK_STATE_DIR=/home/alice/.local/state/pod-upgrade-trigger',
    '--setenv=WEBHOOK_SCOPE=user',
    '--',
    '/usr/bin/node',
    '/usr/local/lib/pod-upgrade-trigger/pod-upgrade-trigger.cjs',
    'run-task',
    '--fetch-keys',
  ])
})

t.test('systemd-run, for the system manager', async t => {
  t.strictSame(startTaskArgv(system, SELF, { ids: [7], all: false }, taskTimeLimitSecs(system)), [
    'systemd-run',
    '--collect',
    '--no-block',
    '--quiet',
    '--unit=pod-upgrade-trigger-task-7.service',
    '--description=pod-upgrade-trigger task 7',
    '--slice=pod-upgrade-trigger.slice',
    '--property=RuntimeMaxSec=3720',
    '--property=TimeoutStopSec=30',
    '--property=Restart=on-failure',
    '--property=RestartSec=5',
    '--property=RestartPreventExitStatus=1 64 78',
    '--property=StartLimitIntervalSec=3600',
    '--property=StartLimitBurst=5',
    '--setenv=WEBHOOK_ENV_FILE=/etc/pod-upgrade-trigger/env',
    '--setenv=WEBHOOK_STATE_DIR=/var/lib/pod-upgrade-trigger',
    '--setenv=WEBHOOK_SCOPE=system',
    '--',
    '/usr/bin/node',
    '/usr/local/lib/pod-upgrade-trigger/pod-upgrade-trigger.cjs',
    'run-task',
    '7',
  ])
})

t.test('systemd-run, for the manager of a user', async t => {
  t.strictSame(startTaskArgv(user, SELF, { ids: [12], all: false }, taskTimeLimitSecs(user)).slice(0, 18), [
    'systemd-run',
    '--user',
    '--collect',
    '--no-block',
    '--quiet',
    '--unit=pod-upgrade-trigger-task-12.service',
    '--description=pod-upgrade-trigger task 12',
    '--slice=pod-upgrade-trigger.slice',
    '--property=RuntimeMaxSec=1832',
    '--property=TimeoutStopSec=30',
    '--property=Restart=on-failure',
    '--property=RestartSec=5',
    '--property=RestartPreventExitStatus=1 64 78',
    '--property=StartLimitIntervalSec=3600',
    '--property=StartLimitBurst=5',
    '--setenv=WEBHOOK_ENV_FILE=',
    '--setenv=WEBHOOK_STATE_DIR=/home/alice/.local/state/pod-upgrade-trigger',
    '--setenv=WEBHOOK_SCOPE=user',
  ])
})

t.test('every enabled unit is one process, with the time of all, named by the newest task', async t => {
  const argv = startTaskArgv(system, SELF, { ids: [9, 12, 3], all: true }, taskTimeLimitSecs(system))
  t.equal(argv[4], '--unit=pod-upgrade-trigger-all-12.service')
  t.equal(argv[7], `--property=RuntimeMaxSec=${3 * 3720}`)
  t.strictSame(argv.slice(-5), ['run-task', '--all', '9', '12', '3'])
})

t.test('a task that waits for its window, by the clock of the world', async t => {
  t.strictSame(wakeTaskArgv(system, SELF, { id: 7, atMs: 1_764_291_600_000 }, taskTimeLimitSecs(system)), [
    'systemd-run',
    '--collect',
    '--quiet',
    '--unit=pod-upgrade-trigger-window-7-1764291600',
    '--description=pod-upgrade-trigger task 7 in its window',
    '--on-calendar=2025-11-28 01:00:00 UTC',
    '--timer-property=AccuracySec=1s',
    '--slice=pod-upgrade-trigger.slice',
    '--property=RuntimeMaxSec=3720',
    '--property=TimeoutStopSec=30',
    '--property=Restart=on-failure',
    '--property=RestartSec=5',
    '--property=RestartPreventExitStatus=1 64 78',
    '--property=StartLimitIntervalSec=3600',
    '--property=StartLimitBurst=5',
    '--setenv=WEBHOOK_ENV_FILE=/etc/pod-upgrade-trigger/env',
    '--setenv=WEBHOOK_STATE_DIR=/var/lib/pod-upgrade-trigger',
    '--setenv=WEBHOOK_SCOPE=system',
    '--',
    '/usr/bin/node',
    '/usr/local/lib/pod-upgrade-trigger/pod-upgrade-trigger.cjs',
    'run-task',
    '7',
  ])
})

t.test('what is forced is another unit than what may find that it has to wait', async t => {
  const argv = startTaskArgv(system, SELF, { ids: [7], all: false, force: true }, taskTimeLimitSecs(system))
  t.equal(argv[4], '--unit=pod-upgrade-trigger-task-7-forced.service')
})

t.test('no secret is in it, for everybody may read it', async t => {
  for (const config of [system, user])
    t.notMatch(
      startTaskArgv(config, SELF, { ids: [1], all: false }, taskTimeLimitSecs(config)).join(' '),
      SECRET,
    )
})

t.test('what the manager would expand is doubled, in the command alone', async t => {
  const odd = { node: '/opt/$HOME/node', script: '/opt/$x/$$.cjs' }
  t.strictSame(startTaskArgv(system, odd, { ids: [1], all: false }, taskTimeLimitSecs(system)).slice(-4), [
    '/opt/$$HOME/node',
    '/opt/$$x/$$$$.cjs',
    'run-task',
    '1',
  ])
})

t.test('the other command lines', async t => {
  const properties =
    '--property=LoadState,ActiveState,SubState,Result,InvocationID,NRestarts,Job,Type,RemainAfterExit,TriggeredBy,SourcePath,ControlGroup'
  const rows: readonly (readonly [why: string, argv: readonly string[], line: string])[] = [
    ['restart', restartArgv('system', 'web.service'), 'systemctl restart -- web.service'],
    ['restart, user', restartArgv('user', 'web.service'), 'systemctl --user restart -- web.service'],
    ['reset-failed', resetArgv('system', 'web.service'), 'systemctl reset-failed -- web.service'],
    ['reset-failed, user', resetArgv('user', 'web.service'), 'systemctl --user reset-failed -- web.service'],
    ['start', startArgv('system', 'web.service'), 'systemctl start --no-block -- web.service'],
    ['start, user', startArgv('user', 'web.service'), 'systemctl --user start --no-block -- web.service'],
    ['cat', catArgv('system', 'web.service'), 'systemctl cat --no-pager -- web.service'],
    ['cat, user', catArgv('user', 'web.service'), 'systemctl --user cat --no-pager -- web.service'],
    ['show', showArgv('system', 'web.service'), `systemctl show ${properties} -- web.service`],
    ['show, user', showArgv('user', 'web.service'), `systemctl --user show ${properties} -- web.service`],
    [
      'who goes down with it',
      dependentsArgv('system', ['db.service', 'web.service']),
      'systemctl show --property=Id,ActiveState,RequiredBy,BoundBy,RequisiteOf -- db.service web.service',
    ],
    [
      'who ended it',
      lastJobArgv('user', 'web.service'),
      'journalctl --user --boot --no-pager --quiet --lines=1 --output=json --output-fields=JOB_TYPE ' +
        '--unit=web.service JOB_TYPE=start JOB_TYPE=restart JOB_TYPE=stop',
    ],
    [
      'journal',
      journalArgv('system', 'web.service'),
      'journalctl --no-pager --quiet --lines=20 --output=cat --unit=web.service',
    ],
    [
      'journal, user',
      journalArgv('user', 'a.service'),
      'journalctl --user --no-pager --quiet --lines=20 --output=cat --unit=a.service',
    ],
  ]
  for (const [why, argv, line] of rows) t.equal(argv.join(' '), line, why)
})

t.test('parseShow', async t => {
  const none = {
    LoadState: '',
    ActiveState: '',
    SubState: '',
    Result: '',
    InvocationID: '',
    NRestarts: '',
    Job: '',
    Type: '',
    RemainAfterExit: '',
    TriggeredBy: '',
    SourcePath: '',
    ControlGroup: '',
  }
  const rows: readonly (readonly [why: string, text: string, state: Partial<typeof none>])[] = [
    [
      'a service that runs, and is about to be restarted',
      'NRestarts=2\nResult=success\nLoadState=loaded\nActiveState=active\nSubState=running\nInvocationID=0f3a\nJob=1432\n',
      {
        NRestarts: '2',
        Result: 'success',
        LoadState: 'loaded',
        ActiveState: 'active',
        SubState: 'running',
        InvocationID: '0f3a',
        Job: '1432',
      },
    ],
    [
      'a unit that is not there',
      'LoadState=not-found\nActiveState=inactive\nSubState=dead\nInvocationID=\n',
      { LoadState: 'not-found', ActiveState: 'inactive', SubState: 'dead' },
    ],
    ['an equals sign in a value', 'Result=a=b\n', { Result: 'a=b' }],
    ['properties that were not asked for', 'Id=web.service\nActiveState=active\n', { ActiveState: 'active' }],
    ['nothing', '', {}],
  ]
  for (const [why, text, state] of rows) t.strictSame(parseShow(text), { ...none, ...state }, why)
})

t.test('parseDependents: a block for each unit, its lists in words', async t => {
  const text = `Id=db.service
ActiveState=failed
RequiredBy=web.service proxy.service
BoundBy=
RequisiteOf=

Id=web.service
ActiveState=active
RequiredBy=
BoundBy=bound.service
RequisiteOf=late.service
`
  t.strictSame(parseDependents(text), [
    { unit: 'db.service', up: false, neededBy: ['web.service', 'proxy.service'] },
    { unit: 'web.service', up: true, neededBy: ['bound.service', 'late.service'] },
  ])
  t.strictSame(parseDependents('Id=a.service\nActiveState=activating\n'), [
    { unit: 'a.service', up: true, neededBy: [] },
  ])
})
