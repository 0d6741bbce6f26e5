// JSON for whoever is outside: the same text to a program, and nothing that a terminal would obey.
import t from 'tap'
import { toJson, toJsonLine } from '../lib/json.js'

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
