// JSON for whoever is outside: the same text to a program, and nothing that a terminal would obey.
import t from 'tap'
import { isObject, parseJsonBytes, toJson, toJsonLine } from '../lib/json.js'

t.test('what a terminal would obey or hide is escaped, and reads the same', async t => {
  const texts = [
    '\u009b31m',
    '\u202e',
    '\u2028',
    '\u200b',
    '\ufeff',
    '\u007f',
    '\u001b[2J',
    'für 日本 👩‍💻',
    '\n\t"\\',
  ]
  for (const text of texts) {
    const line = toJsonLine({ text })
    t.notMatch(line.trimEnd(), /[\p{Cc}\p{Cf}\u2028\u2029]/u, escape(text))
    t.strictSame(JSON.parse(line), { text })
  }
  t.equal(toJson({ a: ['\u009b'] }), '{\n  "a": [\n    "\\u009b"\n  ]\n}\n', 'its own lines are left')
})

t.test('what is read is strict: two bodies that are not the same do not read the same', async t => {
  const rows: readonly (readonly [why: string, bytes: Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['no JSON', Buffer.from('{')],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a byte order mark', Buffer.from('\ufeff{}')],
  ]
  for (const [why, bytes] of rows) t.equal(parseJsonBytes(bytes), undefined, why)
  t.strictSame(parseJsonBytes(Buffer.from('{"a":"ü"}')), { value: { a: 'ü' } })
  t.strictSame(parseJsonBytes(Buffer.from('null')), { value: null })
})

t.test('an object is neither null nor a list', async t => {
  for (const value of [{}, { a: 1 }]) t.ok(isObject(value))
  for (const value of [null, undefined, [], 'a', 1]) t.notOk(isObject(value))
})
