// What setup changes on a host: what is missing, and nothing else.
import t from 'tap'
import {
  type Change,
  describeChange,
  type Facts,
  LISTENING,
  planSetup,
  type Wanted,
} from '../../lib/setup/plan.js'

const FRESH: Facts = {
  scope: 'system',
  units: [],
  senders: [],
  publicUrl: undefined,
  hasTrustedProxies: false,
  running: [],
  autoUpdates: true,
  lingers: true,
}
const WANTED: Wanted = {
  units: ['web.service'],
  sender: 'github',
  host: 'hooks.example.org',
  stopAutoUpdates: true,
  newSecret: 'a-new-secret',
  newPrefix: 'a-new-prefix',
}
const DONE: Facts = {
  ...FRESH,
  units: ['web.service'],
  senders: ['github'],
  publicUrl: 'https://hooks.example.org/x',
  hasTrustedProxies: true,
  running: LISTENING,
  autoUpdates: false,
}

const told = (changes: readonly Change[]): string[] =>
  changes.map(change => describeChange(change, 'env').replace(/ {3}# .*/, ''))

const ENABLE = 'enable --now pod-upgrade-trigger.socket pod-upgrade-trigger.timer'
const ROWS: readonly (readonly [why: string, facts: Facts, wanted: Wanted, changes: readonly string[]])[] = [
  [
    'a fresh host',
    FRESH,
    WANTED,
    [
      'env: WEBHOOK_MANUAL_UNITS=web.service',
      'env: GITHUB_WEBHOOK_SECRET=(new)',
      'env: WEBHOOK_PUBLIC_URL=https://hooks.example.org/a-new-prefix',
      'env: WEBHOOK_TRUSTED_PROXIES=127.0.0.1,::1',
      'systemctl disable --now podman-auto-update.timer',
      `systemctl ${ENABLE}`,
    ],
  ],
  [
    'a user who does not linger',
    { ...FRESH, scope: 'user', lingers: false, autoUpdates: false },
    { ...WANTED, host: undefined },
    [
      'env: WEBHOOK_MANUAL_UNITS=web.service',
      'env: GITHUB_WEBHOOK_SECRET=(new)',
      'loginctl enable-linger',
      `systemctl --user ${ENABLE}`,
    ],
  ],
  ['once more', DONE, WANTED, []],
  [
    'a second unit',
    DONE,
    { ...WANTED, units: ['web.service', 'db.service'] },
    ['env: WEBHOOK_MANUAL_UNITS=web.service db.service'],
  ],
  ['a secret that is there stays', { ...DONE, running: [] }, WANTED, [`systemctl ${ENABLE}`]],
  [
    "podman's timer, which its owner wants to keep",
    { ...DONE, autoUpdates: true },
    { ...WANTED, stopAutoUpdates: false },
    [],
  ],
  ['a path that senders know stays', { ...DONE, publicUrl: 'https://h.example/y' }, WANTED, []],
  ['another sender', DONE, { ...WANTED, sender: 'forgejo' }, ['env: FORGEJO_WEBHOOK_SECRET=(new)']],
  [
    'a timer that is off',
    { ...DONE, running: [LISTENING[0]] },
    WANTED,
    ['systemctl enable --now pod-upgrade-trigger.timer'],
  ],
]

for (const [why, facts, wanted, changes] of ROWS) {
  t.test(why, async t => {
    t.strictSame(told(planSetup(facts, wanted)), changes)
  })
}

t.test('a new secret is not shown before it is made', async t => {
  const shown = planSetup(FRESH, WANTED)
    .map(change => describeChange(change, 'env'))
    .join('\n')
  t.notMatch(shown, 'a-new-secret')
})
