// The windows, as calls on a line of time. A window is half open: a call is out of it as soon as `ms` have passed.
import t from 'tap'
import { decideLimit, type Window } from '../lib/sliding-window.js'

const NOW = 1_000_000_000
const TEN_MINUTES: Window = { count: 2, ms: 600_000 }
const FIVE_HOURS: Window = { count: 10, ms: 18_000_000 }
const BOTH = [TEN_MINUTES, FIVE_HOURS]
const ago = (...secs: number[]): number[] => secs.map(sec => NOW - sec * 1000)

const ROWS: readonly (readonly [why: string, calls: number[], windows: readonly Window[], wait: number])[] = [
  ['the first call', [], BOTH, 0],
  ['the second', ago(1), BOTH, 0],
  ['the third waits for the first to leave the window', ago(1, 200), BOTH, 400],
  ['the last second', ago(1, 599), BOTH, 1],
  ['the window ends', ago(1, 600), BOTH, 0],
  ['both in this millisecond', [NOW, NOW], BOTH, 600],
  ['part of a second is rounded up: never told too early', [NOW, NOW - 1], BOTH, 600],
  ['the long window is full', Array(10).fill(NOW - 1_000_000), BOTH, 17_000],
  [
    'the longer wait counts where both are full',
    [...ago(1, 2), ...Array(8).fill(NOW - 60_000)],
    BOTH,
    17_940,
  ],
  ['the short window may be free and the long one not', ago(700, 800, ...Array(8).fill(900)), BOTH, 17_100],
  ['one call at a time', ago(3), [{ count: 1, ms: 10_000 }], 7],
  ['no windows, no limit', ago(1, 1, 1), [], 0],
]

for (const [why, calls, windows, wait] of ROWS) {
  t.test(why, async t => {
    const expected = wait === 0 ? { allowed: true } : { allowed: false, retryAfterSecs: wait }
    t.strictSame(decideLimit(calls, windows, NOW), expected)
    if (wait > 0) {
      t.match(decideLimit(calls, windows, NOW + wait * 1000), { allowed: true }, 'it is right to come then')
      t.match(decideLimit(calls, windows, NOW + wait * 1000 - 1000), { allowed: false }, 'and not before')
    }
  })
}
