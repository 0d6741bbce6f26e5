// The status as a person sees it: a line says what a unit is, what it runs, and what came of it.
import t from 'tap'
import { formatStatus } from '../../lib/cli/status-table.js'
import type { Status } from '../../lib/status/status.js'
import type { UnitStatus } from '../../lib/status/unit-status.js'
import type { Task } from '../../lib/store/tasks.js'

const NOW = new Date(2026, 0, 31, 12, 0, 0).getTime()
const MINUTE = 60_000
const LOOKING = { state: 'looking' } as const
const WEB: UnitStatus = {
  unit: 'web.service',
  word: 'ok',
  image: 'ghcr.io/you/web:1',
  runs: '0123456789abcdef',
  sinceMs: NOW - 5 * MINUTE,
  last: undefined,
  waitsUntilMs: undefined,
  why: undefined,
}
const last = (more: object) => ({ id: 7, outcome: 'updated', finishedMs: NOW - 2 * MINUTE, ...more }) as Task
const PLAIN = { json: false, wide: false, width: undefined }
const lineOf = (more: Partial<UnitStatus>): string | undefined =>
  formatStatus({ units: [{ ...WEB, ...more }], timer: LOOKING } as Status, PLAIN, NOW).split('\n')[1]

const ROWS: readonly (readonly [why: string, unit: Partial<UnitStatus>, line: string])[] = [
  ['nothing has happened yet', {}, 'web   ok     ghcr.io/you/web:1  0123456789ab  5m'],
  [
    'of its suffix only the last is cut',
    { unit: 'a.service.b.service' },
    'a.service.b  ok     ghcr.io/you/web:1  0123456789ab  5m',
  ],
  [
    'nothing runs, and nobody knows what would',
    { word: 'down', image: undefined, runs: undefined, sinceMs: undefined },
    'web   down   (unknown)  none  -',
  ],
  ['how it ended', { last: last({}) }, 'web   ok     ghcr.io/you/web:1  0123456789ab  5m     updated 2m ago'],
  [
    'and why',
    { last: last({ report: { why: 'it was bad' } }) },
    'web   ok     ghcr.io/you/web:1  0123456789ab  5m     updated 2m ago: it was bad',
  ],
  [
    'what is so now says more than why it ended',
    { why: 'exit-code', last: last({ report: { why: 'it was bad' } }) },
    'web   ok     ghcr.io/you/web:1  0123456789ab  5m     updated 2m ago: exit-code',
  ],
  [
    'one that has not ended',
    { last: last({ outcome: undefined, finishedMs: undefined }), waitsUntilMs: NOW + 60 * MINUTE },
    'web   ok     ghcr.io/you/web:1  0123456789ab  5m     waits for 13:00',
  ],
  [
    'one that waits, after another',
    { last: last({}), waitsUntilMs: NOW + 3 * 86_400_000 },
    'web   ok     ghcr.io/you/web:1  0123456789ab  5m     waits for Tue 12:00; updated 2m ago',
  ],
]

for (const [why, unit, line] of ROWS)
  t.test(why, async t => {
    const words = (text: string | undefined) => text?.replace(/ {2,}/g, '  ')
    t.equal(words(lineOf(unit)), words(line))
  })

t.test('the timer, and a host without units', async t => {
  const of = (timer: Status['timer']) => formatStatus({ units: [], timer } as Status, PLAIN, NOW)
  const none = 'no unit is enabled: pod-upgrade-trigger setup enables some\n'
  t.equal(of({ state: 'waiting', nextMs: NOW + 3 * MINUTE }), `${none}next look by itself: in 3m\n`)
  t.equal(of(LOOKING), `${none}looking by itself just now\n`)
  t.match(of({ state: 'inactive' }), 'systemctl enable --now pod-upgrade-trigger.timer\n')
})

t.test('as narrow as the terminal, unless it is to be wide', async t => {
  const status = { units: [{ ...WEB, why: 'x '.repeat(100) }], timer: LOOKING } as Status
  const longest = (wide: boolean) =>
    Math.max(
      ...formatStatus(status, { json: false, wide, width: 80 }, NOW)
        .split('\n')
        .map(line => line.length),
    )
  t.equal(longest(false), 80)
  t.ok(longest(true) > 200)
})

t.test('for programs: what is not known is left out', async t => {
  const json = (units: readonly UnitStatus[], timer: Status['timer']) =>
    JSON.parse(formatStatus({ units, timer } as Status, { ...PLAIN, json: true }, NOW))
  const bare = { ...WEB, image: undefined, runs: undefined, sinceMs: undefined }
  t.strictSame(json([bare], { state: 'waiting', nextMs: 9 }), {
    units: [{ unit: 'web.service', state: 'ok' }],
    timer: 'waiting',
    next_run_ms: 9,
  })
  const [{ last_task }] = json([{ ...WEB, last: last({}) }], LOOKING).units
  t.strictSame(last_task, { id: 7, outcome: 'updated', finished_ms: NOW - 2 * MINUTE }, 'no report as yet')
  const whole = { ...WEB, waitsUntilMs: 8, why: 'x', last: last({ report: { why: 'y' } }) }
  t.strictSame(json([whole], LOOKING), {
    units: [
      {
        unit: 'web.service',
        state: 'ok',
        image: 'ghcr.io/you/web:1',
        running_image_id: '0123456789abcdef',
        since_ms: NOW - 5 * MINUTE,
        waits_until_ms: 8,
        why: 'x',
        last_task: { id: 7, outcome: 'updated', finished_ms: NOW - 2 * MINUTE, why: 'y' },
      },
    ],
    timer: 'looking',
  })
})
