// When windows are open, on the clock on the wall: over midnight, over the end of the week, and in the two nights of the year in which
// that clock skips an hour and has one twice.
import t from 'tap'
import { parseWindows, type Window } from '../../lib/config/window.js'
import { isOpen, nextOpening } from '../../lib/windows/opening.js'

process.env['TZ'] = 'Europe/Berlin' // before the first Date

function windows(text: string): readonly Window[] {
  const parsed = parseWindows(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value.each
}
const at = (time: string): number => Date.parse(time)

/** 2026-01-05 is a Monday. */
const ROWS: readonly (readonly [why: string, text: string, now: string, next: string | 'open'])[] = [
  ['before', '02:00-05:00', '2026-01-05T01:59:59+01:00', '2026-01-05T02:00+01:00'],
  ['its first moment', '02:00-05:00', '2026-01-05T02:00:00+01:00', 'open'],
  ['its last one', '02:00-05:00', '2026-01-05T04:59:59.999+01:00', 'open'],
  ['its end', '02:00-05:00', '2026-01-05T05:00:00+01:00', '2026-01-06T02:00+01:00'],
  ['the day is over', 'Mon 02:00-05:00', '2026-01-05T12:00+01:00', '2026-01-12T02:00+01:00'],
  ['over the weekend', 'Mon..Fri 02:00-05:00', '2026-01-09T12:00+01:00', '2026-01-12T02:00+01:00'],
  ['over midnight, before it', '22:00-04:00', '2026-01-05T23:30+01:00', 'open'],
  ['over midnight, after it', '22:00-04:00', '2026-01-06T03:59+01:00', 'open'],
  ['over midnight, its end', '22:00-04:00', '2026-01-06T04:00+01:00', '2026-01-06T22:00+01:00'],
  ['the day is that of its beginning', 'Fri 22:00-04:00', '2026-01-10T03:00+01:00', 'open'],
  ['and not that of its end', 'Fri 22:00-04:00', '2026-01-09T03:00+01:00', '2026-01-09T22:00+01:00'],
  ['from Saturday into Sunday', 'Sat 22:00-04:00', '2026-01-11T03:59+01:00', 'open'],
  ['the whole day', 'Sun 00:00-24:00', '2026-01-11T23:59+01:00', 'open'],
  ['after it', 'Sun 00:00-24:00', '2026-01-12T00:00+01:00', '2026-01-18T00:00+01:00'],
  ['to midnight', '22:00-00:00', '2026-01-05T23:59+01:00', 'open'],
  ['the first of several', '12:00-13:00; 09:00-10:00', '2026-01-05T08:00+01:00', '2026-01-05T09:00+01:00'],
  ['one of several', '12:00-13:00; 09:00-10:00', '2026-01-05T12:30+01:00', 'open'],
  // 2026-03-29: 02:00 is 03:00
  [
    'it begins in the hour that is skipped',
    '02:30-05:00',
    '2026-03-29T01:00+01:00',
    '2026-03-29T03:00+02:00',
  ],
  ['its first moment then', '02:30-05:00', '2026-03-29T03:00+02:00', 'open'],
  ['it ends in that hour', '01:00-02:30', '2026-03-29T01:59+01:00', 'open'],
  ['and so with it', '01:00-02:30', '2026-03-29T03:00+02:00', '2026-03-30T01:00+02:00'],
  ['all of it is skipped', '02:00-02:45', '2026-03-29T01:30+01:00', '2026-03-30T02:00+02:00'],
  ['all of the one of the week', 'Sun 02:00-03:00', '2026-03-28T12:00+01:00', '2026-04-05T02:00+02:00'],
  ['it is an hour nearer', '05:00-06:00', '2026-03-29T01:00+01:00', '2026-03-29T05:00+02:00'],
  // 2026-10-25: 03:00 is 02:00
  ['an hour that comes twice: at first', '02:00-03:00', '2026-10-25T02:30+02:00', 'open'],
  ['and again', '02:00-03:00', '2026-10-25T02:30+01:00', 'open'],
  ['it ends in the hour that comes twice', '01:00-02:30', '2026-10-25T02:45+02:00', '2026-10-25T02:00+01:00'],
  ['it begins there', '02:30-05:00', '2026-10-25T02:00+02:00', '2026-10-25T02:30+02:00'],
  ['it is an hour farther', '05:00-06:00', '2026-10-25T01:00+02:00', '2026-10-25T05:00+01:00'],
]

t.test('the clock on the wall', async t => {
  for (const [why, text, now, next] of ROWS) {
    const each = windows(text)
    t.equal(isOpen(each, at(now)), next === 'open', `${why}: ${text} at ${now}`)
    if (next !== 'open')
      t.equal(new Date(nextOpening(each, at(now))).toISOString(), new Date(next).toISOString(), why)
  }
})

t.test('an opening is always one, and the first: whoever is woken then is not too early', async t => {
  const wrong: string[] = []
  for (const text of ['02:30-02:45', 'Sun 02:00-03:00', 'Sat 23:59-00:01', '00:00-24:00']) {
    const each = windows(text)
    for (let now = at('2026-03-20T12:34:56+01:00'); now < at('2026-04-03T00:00+02:00'); now += 3_599_000) {
      const next = nextOpening(each, now)
      if (!isOpen(each, next) || next <= now || (!isOpen(each, now) && isOpen(each, next - 1)))
        wrong.push(`${text} at ${new Date(now).toISOString()}: ${new Date(next).toISOString()}`)
    }
  }
  t.strictSame(wrong, [])
})

t.test('where no window ever opens, the search ends after 15 days', async t => {
  const now = at('2026-01-05T12:00:00+01:00')
  t.equal(nextOpening([], now) - now, 15 * 86_400_000 + 60_000)
})
