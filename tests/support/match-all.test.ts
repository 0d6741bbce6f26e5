// That matchAll() sees an element too many, which t.match() does not, and takes all else as t.match() does.
import t from 'tap'
import { exactly } from './match-all.js'

const ROWS: readonly (readonly [why: string, found: unknown, wanted: unknown, matches: boolean])[] = [
  ['the same', [{ a: 1, b: 2 }], [{ a: 1 }], true],
  ['none', [], [], true],
  ['one, where none is wanted', [{ a: 1 }], [], false],
  ['one too many', [1, 2], [1], false],
  ['one too many, which is undefined', [1, undefined], [1], false],
  ['one too few', [1], [1, 2], false],
  ['one too few, which is wanted undefined', [1], [1, undefined], false],
  ['another', [1], [2], false],
  ['one too many in an object', { status: 200, tasks: [1, 2] }, { tasks: [1] }, false],
  ['all in an object', { status: 200, tasks: [1, 2] }, { tasks: [1, 2] }, true],
  ['one too many in an array in an object in an array', [{ ids: [1, 2] }], [{ ids: [1] }], false],
  ['an object instead of an array', {}, [], false],
  ['nothing instead of an array', { a: 1 }, { tasks: [] }, false],
  ['nothing at all', undefined, [], false],
  [
    'what is no array at all',
    { why: 'it failed', n: 5, list: [1] },
    { why: /fail/, n: Number, list: Array },
    true,
  ],
  ['a text that does not match', [{ why: 'it failed' }], [{ why: /^fail/ }], false],
  ['nothing, as wanted', [{ a: 1 }], [{ b: undefined }], true],
  ['something, where nothing is wanted', [{ b: [] }], [{ b: undefined }], false],
]

for (const [why, found, wanted, matches] of ROWS) {
  t.test(why, async t => {
    if (matches) t.match(found, exactly(found, wanted))
    else t.notMatch(found, exactly(found, wanted))
  })
}
