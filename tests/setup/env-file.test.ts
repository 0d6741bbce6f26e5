// The env file is somebody's: what they wrote stays, and what is set is what the program then reads.
import { parseEnv } from 'node:util'
import t from 'tap'
import { setVariable } from '../../lib/setup/env-file.js'

const ROWS: readonly (readonly [why: string, before: string, after: string])[] = [
  ['an empty file', '', 'UNITS=web\n'],
  ['at the end', 'A=1\n', 'A=1\nUNITS=web\n'],
  ['at the end of a line that does not end', 'A=1', 'A=1\nUNITS=web\n'],
  ['in place of the comment that shows it', '# Which.\n#UNITS=\nB=2\n', '# Which.\nUNITS=web\nB=2\n'],
  ['in place of its line', 'UNITS=old\nB=2\n', 'UNITS=web\nB=2\n'],
  ['not in place of a comment, where there is a line', '#UNITS=\nUNITS=old\n', '#UNITS=\nUNITS=web\n'],
  ['in place of the last of its lines, which counts', 'UNITS=a\nUNITS=b\n', 'UNITS=a\nUNITS=web\n'],
  ['with export', 'export UNITS=old\n', 'UNITS=web\n'],
  ['a quoted line', 'UNITS="a b" # mine\n', 'UNITS=web\n'],
  ['after a value of several lines', 'UNITS="a\nb"\nB=2\n', 'UNITS="a\nb"\nB=2\nUNITS=web\n'],
  ['in place of a line without a value', 'UNITS=\nB=2\n', 'UNITS=web\nB=2\n'],
  ['after several lines that begin with a space', 'UNITS= "a\nb"\n', 'UNITS= "a\nb"\nUNITS=web\n'],
  [
    'after a value of several lines, also where a comment shows one before it',
    '#UNITS=\nUNITS="a\nb"\n',
    '#UNITS=\nUNITS="a\nb"\nUNITS=web\n',
  ],
  ['another variable, whose name begins alike', 'UNITS_OF=x\n', 'UNITS_OF=x\nUNITS=web\n'],
]

for (const [why, before, after] of ROWS) {
  t.test(why, async t => {
    const text = setVariable(before, 'UNITS', 'web')
    t.equal(text, after)
    t.equal(parseEnv(text)['UNITS'], 'web', 'which is what is read')
    t.equal(setVariable(text, 'UNITS', 'web'), text, 'and once more changes nothing')
  })
}

t.test('a list is quoted', async t => {
  const text = setVariable('', 'UNITS', 'web db')
  t.equal(text, 'UNITS="web db"\n')
  t.equal(parseEnv(text)['UNITS'], 'web db')
})
