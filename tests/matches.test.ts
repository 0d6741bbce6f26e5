// No test compares a list with the beginning of one: t.match() sees no element too many (support/match-all.ts).
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { callsWithArray } from './support/source.js'

const METHODS = ['match', 'notMatch', 'has', 'notHas', 'hasStrict', 'notHasStrict']

t.test('an array in an expectation is all of the one that is found: matchAll()', async t => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .sort()
  const found = files.flatMap(path =>
    callsWithArray(import.meta.dirname, path, METHODS).map(line => `${join('tests', path)}:${line}`),
  )
  t.strictSame(found, [])
})

const CALLS: readonly (readonly [code: string, refused: boolean])[] = [
  ['t.match(x, [])', true],
  ['t.match(x, [{ a: 1 }], "why")', true],
  ['t.notMatch(x, [1])', true],
  ['t.match(x, { a: { b: [1] } })', true],
  ['t.match(x, { ...(y && { b: [1] }) })', true],
  ['t.match(x, y ? [] : [1])', true],
  ['t.match(x, Array(3).fill({ a: 1 }))', true],
  ['const all = [1]; t.match(x, all)', true],
  ['const all = [1]; t.match(x, { all })', true],
  ['const one = { all: [1] }; t.match(x, { one })', true],
  ['test.match(x, [1])', true],
  ['t.match(x, { list: Array })', false],
  ['t.match([1], { length: 1 })', false],
  ['t.match(x, /[a]/)', false],
  ['t.match(x, new RegExp(["a", "b"].join("|")))', false],
  ['const all = [1]; t.match(x, { all: 1, a: all[0], b: all.length })', false],
  ['const f = () => [1]; t.match(x, f)', false],
  ['matchAll(t, x, [1])', false],
  ['t.strictSame(x, [1])', false],
]

for (const [code, refused] of CALLS) {
  t.test(`${code} is ${refused ? 'refused' : 'taken'}`, async t => {
    const dir = t.testdir({ 'some.ts': `${code}\n` })
    t.strictSame(callsWithArray(dir, 'some.ts', METHODS), refused ? [1] : [])
  })
}
