// How a unit is, in a word, and that what is wrong comes first.
import t from 'tap'
import type { Container } from '../../lib/host/podman.js'
import { parseTimer } from '../../lib/status/timer.js'
import { judgeUnits, type Seen, type Word } from '../../lib/status/unit-status.js'
import type { Task } from '../../lib/store/tasks.js'
import type { KnownUnit } from '../../lib/targets/match.js'

const RUNNING = { imageId: 'a'.repeat(64), state: 'running', health: '', startedMs: 5000 } as Container
const KIND = { Type: 'notify', RemainAfterExit: 'no', TriggeredBy: '' }
const UP = { LoadState: 'loaded', ActiveState: 'active', Result: 'success', ...KIND }
const known = (unit: string, more: Partial<KnownUnit> = {}): KnownUnit => ({
  unit,
  image: 'ghcr.io/you/web:latest',
  enabledBy: 'list',
  ...more,
})
const PIN = { keptId: 'a'.repeat(64) }

const ROWS: readonly (readonly [word: Word, seen: Partial<Seen>])[] = [
  ['ok', {}],
  ['starting', { container: { ...RUNNING, health: 'starting' } }],
  ['starting', { state: { ...UP, ActiveState: 'activating' } }],
  ['ok', { container: undefined }],
  ['unhealthy', { container: { ...RUNNING, health: 'unhealthy' } }],
  ['down', { state: { ...UP, ActiveState: 'inactive' }, container: undefined }],
  ['idle', { state: { ...UP, ActiveState: 'inactive', Type: 'oneshot' } }],
  ['idle', { state: { ...UP, ActiveState: 'inactive', RemainAfterExit: 'yes' } }],
  ['idle', { state: { ...UP, ActiveState: 'inactive', TriggeredBy: 'web.timer' } }],
  ['idle', { state: { ...UP, ActiveState: 'inactive', TriggeredBy: 'web.socket' } }],
  [
    'staged',
    { state: { ...UP, ActiveState: 'inactive', Type: 'oneshot' }, last: { outcome: 'staged' } as Task },
  ],
  ['down', { state: { ...UP, ActiveState: 'inactive' }, last: { outcome: 'staged' } as Task }],
  ['failed', { state: { ...UP, ActiveState: 'failed', Type: 'oneshot' } }],
  ['failed', { state: { ...UP, ActiveState: 'failed', Result: 'exit-code' }, container: undefined }],
  ['missing', { state: { ...UP, LoadState: 'not-found', ActiveState: 'inactive' }, container: undefined }],
  ['held', { known: known('web', { pin: { ...PIN, hold: 'until the audit' } }) }],
  ['rolled back', { known: known('web', { pin: { ...PIN, badId: 'b' } }) }],
  [
    'failed',
    { state: { ...UP, ActiveState: 'failed' }, known: known('web', { pin: { ...PIN, badId: 'b' } }) },
  ],
]

for (const [word, seen] of ROWS) {
  t.test(`${word}: ${JSON.stringify(seen).slice(0, 60)}`, async t => {
    const whole = {
      known: known('web'),
      state: UP,
      container: RUNNING,
      last: undefined,
      waitsUntilMs: undefined,
      ...seen,
    }
    t.equal(judgeUnits([whole])[0]?.word, word)
  })
}

t.test('what is wrong comes first, the rest in its order', async t => {
  const of = (unit: string, ActiveState: string, pin?: KnownUnit['pin']): Seen => ({
    known: known(unit, pin && { pin }),
    state: { ...UP, ActiveState },
    container: RUNNING,
    last: undefined,
    waitsUntilMs: undefined,
  })
  const units = [
    of('a', 'active'),
    of('b', 'active', { ...PIN, hold: 'x' }),
    of('c', 'inactive'),
    of('d', 'failed'),
    of('e', 'active'),
    of('f', 'active', { ...PIN, badId: 'x' }),
  ]
  t.strictSame(
    judgeUnits(units).map(({ unit, word }) => `${unit} ${word}`),
    ['d failed', 'c down', 'f rolled back', 'b held', 'a ok', 'e ok'],
  )
})

t.test('why it is so: what systemd says of a failure, and what a person has said of a hold', async t => {
  const why = (seen: Partial<Seen>) =>
    judgeUnits([
      {
        ...{ known: known('web'), state: UP, container: RUNNING, last: undefined, waitsUntilMs: undefined },
        ...seen,
      },
    ])[0]?.why
  const failed = { ...UP, ActiveState: 'failed', Result: 'exit-code' }
  t.equal(why({}), undefined)
  t.equal(why({ state: failed }), 'exit-code')
  t.equal(why({ state: failed, known: known('web', { pin: { ...PIN, badId: 'b' } }) }), 'exit-code')
  t.equal(why({ known: known('web', { pin: { ...PIN, hold: 'until the audit' } }) }), 'until the audit')
})

t.test('since when, only while it runs', async t => {
  const [up] = judgeUnits([
    { known: known('web'), state: UP, container: RUNNING, last: undefined, waitsUntilMs: undefined },
  ])
  t.equal(up?.sinceMs, 5000)
  const [unknown] = judgeUnits([
    {
      ...{ known: known('web'), state: UP, last: undefined, waitsUntilMs: undefined },
      container: { ...RUNNING, startedMs: 0 },
    },
  ])
  t.equal(unknown?.sinceMs, undefined, 'podman does not say')
  const ended = { ...RUNNING, state: 'exited' }
  const [down] = judgeUnits([
    { known: known('web'), state: UP, container: ended, last: undefined, waitsUntilMs: undefined },
  ])
  t.equal(down?.sinceMs, undefined)
})

t.test('what the timer does', async t => {
  const of = (next: number | null) =>
    parseTimer(JSON.stringify([{ next, unit: 'pod-upgrade-trigger.timer' }]))
  t.strictSame(of(1_764_216_000_000_000), { state: 'waiting', nextMs: 1_764_216_000_000 })
  t.strictSame(of(null), { state: 'looking' }, 'its run is under way, so nobody knows when the next is')
  t.strictSame(of(0), { state: 'looking' })
  t.strictSame(parseTimer('[]'), { state: 'inactive' }, 'those that are not active are not listed')
  t.strictSame(parseTimer(''), { state: 'inactive' })
})
