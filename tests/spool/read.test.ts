// What is read of a spool, whose owner may have been taken over: plain files, short ones, and nothing that a link leads to.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { listEntries, readEntry, removeEntry } from '../../lib/spool/read.js'

const ENTRY =
  'requestId=b4a1c9c8-3f2f-4ad1-9d3a-0d6f0a8d7a11&method=POST&path=/api/v1/trigger&action=trigger&unit=web.service'
const padded = (bytes: number): string => ENTRY + '&'.repeat(bytes - ENTRY.length)

t.test('where nothing ever was there is nothing, and what is no directory is told', async t => {
  const dir = t.testdir({ file: '' })
  t.strictSame(listEntries(join(dir, 'none')), [])
  t.throws(() => listEntries(join(dir, 'file')), { code: 'ENOTDIR' })
})

t.test('what is no entry is left alone', async t => {
  const dir = t.testdir({ 'a.entry': '', 'b.entry.new': '', c: '' })
  t.strictSame(listEntries(dir), ['a.entry'])
})

t.test('plain files of 64 KiB at most', async t => {
  const dir = t.testdir({ good: ENTRY, longest: padded(65_536), long: padded(65_537), dir: {} })
  symlinkSync(join(dir, 'good'), join(dir, 'link'))
  for (const name of ['good', 'longest']) {
    const entry = readEntry(dir, name)
    t.strictSame(entry?.units, ['web.service'], name)
    t.ok(Number.isInteger(entry?.ts), 'in whole milliseconds')
  }
  for (const name of ['long', 'link', 'dir', 'none']) t.equal(readEntry(dir, name), undefined, name)
})

t.test('what is removed is not found again, whatever it is', async t => {
  const dir = t.testdir({ 'a.entry': '', 'b.entry': { inside: '' } })
  for (const name of ['a.entry', 'b.entry']) removeEntry(dir, name)
  t.strictSame(listEntries(dir), [])
  const [kept = '', ...more] = readdirSync(dir)
  t.match(kept, /^discarded-/)
  t.strictSame(more, [], 'a directory alone stays, of which nothing is believed')
  t.throws(() => removeEntry(dir, 'none.entry'), { code: 'ENOENT' })
  mkdirSync(join(dir, 'c.entry'))
  writeFileSync(join(dir, 'd.entry'), '')
  t.equal(listEntries(dir).length, 2)
})
