// Rows for a person: what lines up, and what a name with control characters cannot do to the terminal.
import t from 'tap'
import { formatTable, formatTime } from '../../lib/cli/table.js'

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
