// What systemd says of a unit's next start, as busctl prints it, and the conditions as systemd-analyze reads them.
import t from 'tap'
import { conditionArgv, parseRestartable, restartableArgv } from '../../lib/host/restartable.js'

const said = (canStart: boolean, conditions: object, asserts: object = []) =>
  [
    { type: 'b', data: canStart },
    { type: 'b', data: true },
    { type: 'a(sbbsi)', data: conditions },
    { type: 'a(sbbsi)', data: asserts },
  ]
    .map(line => `${JSON.stringify(line)}\n`)
    .join('')

t.test('conditions and asserts, as they are written in a unit file', async t => {
  t.strictSame(parseRestartable(said(true, [])), { isAllowed: true, conditions: [] })
  t.strictSame(
    parseRestartable(
      said(
        true,
        [
          ['ConditionPathExists', false, true, '/run/a b', 0],
          ['ConditionUser', true, false, 'root', 1],
        ],
        [['AssertPathExists', true, true, '/x', 0]],
      ),
    ).conditions,
    ['ConditionPathExists=!/run/a b', 'ConditionUser=|root', 'AssertPathExists=|!/x'],
  )
  t.equal(parseRestartable(said(false, [])).isAllowed, false)
  t.throws(() => parseRestartable('Failed to get property\n'))
})

t.test('the command lines', async t => {
  t.strictSame(restartableArgv('user', 'web.service').slice(0, 6), [
    'busctl',
    '--user',
    '--json=short',
    'get-property',
    'org.freedesktop.systemd1',
    '/org/freedesktop/systemd1/unit/web_2eservice',
  ])
  t.strictSame(conditionArgv(['ConditionPathExists=/a b']), [
    'systemd-analyze',
    'condition',
    'ConditionPathExists=/a b',
  ])
})
