// Files on which a later start depends: whole or not at all, readable for everybody, also under a umask that is closed.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import {
  readIfThere,
  removeDurably,
  renameDurably,
  writeDurably,
} from '../../../lib/upgrade/way-back/durable-file.js'

process.umask(0o077)

t.test('written, renamed, removed', async t => {
  const path = join(t.testdir(), 'a/b.d/x.conf')
  t.equal(readIfThere(path), undefined)
  t.equal(removeDurably(path), false, 'there was none')
  writeDurably(path, 'one\n')
  writeDurably(path, 'two\n')
  t.equal(readFileSync(path, 'utf8'), 'two\n')
  t.equal(statSync(path).mode & 0o777, 0o644)
  for (const made of [dirname(path), dirname(dirname(path))]) t.equal(statSync(made).mode & 0o777, 0o755)
  t.strictSame(readdirSync(dirname(path)), ['x.conf'], 'nothing half-written is left')
  renameDurably(path, `${path}.ready`)
  t.notOk(existsSync(path))
  t.equal(readIfThere(`${path}.ready`), 'two\n')
  t.equal(removeDurably(`${path}.ready`), true)
})

t.test('a directory in its place is an error to be told', async t => {
  const path = join(t.testdir(), 'x.conf')
  mkdirSync(path)
  t.throws(() => writeDurably(path, 'x'), /rename/)
  t.throws(() => readIfThere(path), /EISDIR/)
})
