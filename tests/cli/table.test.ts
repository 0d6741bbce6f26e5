// Rows for a person: what lines up, and what a name with control characters cannot do to the terminal.
import t from 'tap'
import { formatAge, formatIds, formatOpening, formatTable, formatTime, shorten } from '../../lib/cli/table.js'

t.test('formatTable', async t => {
  const rows: readonly (readonly [why: string, rows: readonly (readonly string[])[], text: string])[] = [
    ['the head alone', [], 'UNIT  IMAGE\n'],
    [
      'as wide as the widest',
      [
        ['web.service', 'a'],
        ['b', 'c'],
      ],
      'UNIT         IMAGE\nweb.service  a\nb            c\n',
    ],
    ['no blanks at the end of a line', [['web', '']], 'UNIT  IMAGE\nweb\n'],
    ['an escape sequence is not one', [['\u001b[31mweb', 'a']], 'UNIT           IMAGE\n\\u001b[31mweb  a\n'],
    ['a newline makes no second row', [['web\nroot', 'a']], 'UNIT           IMAGE\nweb\\u000aroot  a\n'],
  ]
  for (const [why, cells, text] of rows) t.equal(formatTable(['UNIT', 'IMAGE'], cells), text, why)
})

t.test('formatTime: the wall clock, to the second, in an order that sorts', async t => {
  t.equal(formatTime(new Date(2026, 0, 31, 12, 0, 5, 900).getTime()), '2026-01-31 12:00:05')
})

t.test('as narrow as a terminal: the wide columns give way, the others stay', async t => {
  const rows = [
    [
      'web',
      'registry.example.org/a-long-owner/of-many/web:latest',
      'the unit is failed (exit-code), said systemd',
    ],
    ['a-unit-with-a-very-long-name-of-its-own.service', 'ghcr.io/you/db:16', ''],
  ]
  const text = formatTable(['UNIT', 'IMAGE', 'WHY'], rows, 80)
  const lines = text.trimEnd().split('\n')
  t.equal(Math.max(...lines.map(line => line.length)), 80)
  t.match(lines[1], /^web +….*of-many\/web:latest +the unit is failed.*…$/)
  t.match(lines[2], /^a-unit-with-.*….*\.service +ghcr\.io\/you\/db:16$/)
  t.equal(formatTable(['UNIT'], [['x'.repeat(300)]]).length, 306, 'in a pipe nothing is cut')
})

t.test('shorten', async t => {
  t.equal(shorten('web', 8), 'web')
  t.equal(shorten('webfront', 8), 'webfront', 'what has room stays')
  t.equal(shorten('/ghcr.io/you', 8), '/ghc…you', 'a path is no image')
  t.equal(shorten('ghcr.io/you/web and more', 10), 'ghcr.io/y…', 'nor is a sentence')
  t.equal(shorten('more of ghcr.io/you/web', 10), 'more of g…')
  t.equal(shorten('ghcr.io/you/', 9), 'ghcr…you/')
  t.equal(shorten('web-frontend-of-the-shop', 10), 'web-f…shop')
  t.equal(shorten('ghcr.io/you/web:latest', 12), '…/web:latest')
  t.equal(shorten('web-frontend-of-the-shop', 9), 'web-…shop')
  t.equal(shorten('the unit is failed', 9), 'the unit…')
})

t.test('ids, in a row as one', async t => {
  t.equal(formatIds([36, 4, 5, 6, 1]), '1, 4-6, 36')
  t.equal(formatIds([7]), '7')
  t.equal(formatIds([]), '')
})

t.test('how long ago', async t => {
  const rows: readonly (readonly [ms: number, text: string])[] = [
    [0, '0s'],
    [-5000, '0s'],
    [40_000, '40s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [90_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h'],
    [7_200_000, '2h'],
    [86_399_999, '23h'],
    [86_400_000, '1d'],
    [3 * 86_400_000 + 5, '3d'],
  ]
  for (const [ms, text] of rows) t.equal(formatAge(ms), text)
})

t.test('when a window opens: with its day where that is not within a day', async t => {
  const now = new Date(2026, 0, 31, 12, 0, 0).getTime() // a Saturday
  t.equal(formatOpening(now + 3_600_000, now), '13:00')
  t.equal(formatOpening(now + 86_399_999, now), '11:59')
  t.equal(formatOpening(now + 86_400_000, now), 'Sun 12:00')
  t.equal(formatOpening(now + 7 * 86_400_000, now), 'Sat 12:00')
})

t.test(
  'what a terminal has room for: the widest give way alike, and not below what tells things apart',
  async t => {
    const wide = 'x'.repeat(30)
    const line = (cells: readonly string[], width: number) => formatTable(cells, [], width).trimEnd()
    t.equal(line([wide, wide], 62), `${wide}  ${wide}`, 'there is room')
    t.equal(line([wide, wide], 61).length, 61, 'what is over goes to the last that is cut')
    t.equal(line(['abc', wide], 20).length, 20)
    t.equal(line([wide, wide], 3), 'xxxx…xxx  xxxx…xxx')
  },
)
