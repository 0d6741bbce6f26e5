// A file name for any reference: no two share one, none leaves the directory or is hidden, none is too long.
import { createHash } from 'node:crypto'
import t from 'tap'
import { fileNameOf } from '../../../lib/store/files/file-name.js'

t.test('readable, for what is usual', async t => {
  t.equal(fileNameOf('ghcr.io/acme/web:latest'), 'ghcr.io_2facme_2fweb_3alatest')
  t.equal(fileNameOf('localhost:5000/a/b_c:1.2-rc~1'), 'localhost_3a5000_2fa_2fb_5fc_3a1.2-rc_7e1')
})

const LONG = `ghcr.io/${'a'.repeat(300)}`
const AWKWARD = [
  '',
  '.',
  '..',
  '../../etc/passwd',
  '-rf',
  '.hidden',
  '_2e',
  '_',
  '__',
  '_5f',
  '~',
  'a~b',
  'a/b',
  'a_2fb',
  'a:b',
  'A',
  'a',
  'a\0b',
  'a\nb',
  'é',
  'e\u0301',
  '\u202e',
  '𝕏',
  'a'.repeat(199),
  'a'.repeat(200),
  'a'.repeat(201),
  'a'.repeat(202),
  '/'.repeat(66),
  '/'.repeat(67),
  LONG,
  `${LONG}b`,
]

t.test('safe and different, for what is not', async t => {
  for (const reference of AWKWARD) {
    const slug = fileNameOf(reference)
    t.match(slug, /^[A-Za-z0-9_~][A-Za-z0-9._~-]*$/, JSON.stringify(reference.slice(0, 40)))
    t.ok(slug.length <= 200 && slug.length > 0, 'at most 200 bytes')
  }
  t.equal(new Set(AWKWARD.map(fileNameOf)).size, AWKWARD.length, 'no two are the same')
})

t.test('nobody can spell the slug of another, cut one', async t => {
  const cut = fileNameOf(LONG)
  t.ok(cut.endsWith(createHash('sha256').update(LONG).digest('hex')))
  t.not(fileNameOf(cut), cut)
})

t.test('every string of two bytes, and many of three, are told apart', async t => {
  const seen = new Set<string>()
  const characters = [...Array(128).keys()].map(code => String.fromCharCode(code))
  const some = ['_', '2', 'f', '/', '~', '.', '-', 'F']
  const all = new Set([
    ...characters.flatMap(a => characters.map(b => a + b)),
    ...some.flatMap(a => some.flatMap(b => some.map(c => a + b + c))),
  ])
  for (const text of all) seen.add(fileNameOf(text))
  t.equal(seen.size, all.size)
})
