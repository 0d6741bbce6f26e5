// The text of maintenance windows: what of systemd.time(7)'s words for days is understood, and that a mistake is told by its place
// and never opens anything.
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { parseWindows, type Window } from '../../lib/config/window.js'

const ALL = [0, 1, 2, 3, 4, 5, 6]
const night = (days: readonly number[]): Window => ({ days, from: 120, to: 300 })

const RIGHT: readonly (readonly [why: string, text: string, each: readonly Window[]])[] = [
  ['every day', '02:00-05:00', [night(ALL)]],
  ['working days', 'Mon..Fri 02:00-05:00', [night([1, 2, 3, 4, 5])]],
  ['a list', 'Sat,Sun 02:00-05:00', [night([0, 6])]],
  ['a list with a range', 'Mon,Wed..Fri 02:00-05:00', [night([1, 3, 4, 5])]],
  ['over the end of the week', 'Fri..Mon 02:00-05:00', [night([0, 1, 5, 6])]],
  ['one day', 'Sun 02:00-05:00', [night([0])]],
  ['whole words, in any case', 'monday..WED 02:00-05:00', [night([1, 2, 3])]],
  ['spaces', '  Mon   02:00 - 05:00  ', [night([1])]],
  ['over midnight', '22:30-04:15', [{ days: ALL, from: 1350, to: 255 }]],
  [
    'to midnight, either way',
    '22:00-00:00; 22:00-24:00',
    [
      { days: ALL, from: 1320, to: 0 },
      { days: ALL, from: 1320, to: 1440 },
    ],
  ],
  ['the whole day', '00:00-24:00', [{ days: ALL, from: 0, to: 1440 }]],
  ['several', 'Mon 02:00-05:00; Sun 02:00-05:00', [night([1]), night([0])]],
]

const SHAPE = /must be like Mon\.\.Fri 02:00-05:00/
const WRONG: readonly (readonly [why: string, text: string, message: RegExp])[] = [
  ['nothing', '', SHAPE],
  ['a separator too many', '02:00-05:00;', /^window 2 must be like/],
  ['another separator', '02:00-05:00, 03:00-04:00', /days like/],
  ['no end', '02:00', SHAPE],
  ['hours of one digit', '2:00-5:00', SHAPE],
  ['seconds', '02:00:00-05:00:00', SHAPE],
  ['two days in a row', 'Mon Tue 02:00-05:00', SHAPE],
  ['a time after the day', '02:00-25:00', /no clock shows/],
  ['a beginning at its end', '24:00-02:00', /no clock shows/],
  ['too many minutes', '02:60-05:00', /no clock shows/],
  ['more than the day has', '02:00-24:01', /no clock shows/],
  ['no length', '02:00-02:00', /the whole day is 00:00-24:00/],
  ['no day', 'Mo..Fr 02:00-05:00', /days like Mon\.\.Fri or Sat,Sun/],
  ['a range as systemd once wrote it', 'Mon-Fri 02:00-05:00', /days like/],
  ['a range of three', 'Mon..Wed..Fri 02:00-05:00', /days like/],
  ['an empty word', 'Mon, 02:00-05:00', /days like/],
  ['a range without an end', 'Mon.. 02:00-05:00', /days like/],
  ['the second one', 'Mon 02:00-05:00; never', /^window 2 /],
]

t.test('what is understood', async t => {
  for (const [why, text, each] of RIGHT)
    t.strictSame(parseWindows(text), { ok: true, value: { text: text.trim(), each } }, why)
})

t.test('what is not, and is not quoted: a secret may be in the wrong variable', async t => {
  for (const [why, text, message] of WRONG) {
    const parsed = parseWindows(text)
    t.match(parsed.ok ? 'understood' : parsed.problems[0]?.message, message, why)
  }
})

t.test('WEBHOOK_WINDOW', async t => {
  const around = { uid: 0, home: '/root', envFile: undefined }
  t.equal(parseConfig({}, around).windows, undefined, 'always, where it is not set')
  t.strictSame(parseConfig({ WEBHOOK_WINDOW: 'Sun 02:00-05:00' }, around).windows?.each, [night([0])])
  t.throws(() => parseConfig({ WEBHOOK_WINDOW: 'some-secret' }, around), {
    name: 'ConfigError',
    problems: [/^WEBHOOK_WINDOW window 1 must be like (?!.*some-secret)/],
  })
})
