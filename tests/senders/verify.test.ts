// Signatures. Every right one here is a literal: GitHub's published example, and values made with openssl; nothing is
// recomputed with the code under test. A wrong one is false, whatever is wrong with it, and nothing throws.
import t from 'tap'
import { verifyHmacSha256 } from '../../lib/senders/verify.js'

const KEY = 'pod-upgrade-trigger-test-key'
const BODY = Buffer.from('{"type":"image.pushed","data":{"image":"ghcr.io/acme/web:latest"}}')
const HEX = 'fcc68cf808da1b567cdb6fc0d8f8a17a0b22605f1b77a69cefa418d7122f8d0b'
const RIGHT = `sha256=${HEX}`
const SHA1 = '69d20db1dab535bbe59f64b99aa5a6d7a5cba74b'
const SHA512 =
  '0bd1885be96c4419cde251daff253b4de53a59ede15f7c2b26a43f94bcd1543c1942a7d227ca477627779dc34cafa1e11e04ec472bce44c76b83f6ed4b7a42e0'
const OF_NOTHING = 'sha256=0727c2a0ef101172db97c852c2a949141789aa3d8f04813df56a921bdf4f173f'
const OF_FORM = 'sha256=71b2b602dd4115f229282d8bb731031df7530cd6fbc7614b48fbef5f2544e918'

t.test('right ones', async t => {
  const published = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const rows: readonly (readonly [
    why: string,
    body: Uint8Array,
    header: string,
    secrets: readonly string[],
  ])[] = [
    ["GitHub's own example", Buffer.from('Hello, World!'), published, ["It's a Secret to Everybody"]],
    ['the test key', BODY, RIGHT, [KEY]],
    ['an empty body is a body', Buffer.alloc(0), OF_NOTHING, [KEY]],
    ['the first of two secrets, while rotating', BODY, RIGHT, [KEY, 'new']],
    ['the second of two secrets', BODY, RIGHT, ['new', KEY]],
    ['beside an empty secret', BODY, RIGHT, ['', KEY]],
    [
      'a form, over its own bytes',
      Buffer.from(`payload=${encodeURIComponent(BODY.toString())}`),
      OF_FORM,
      [KEY],
    ],
    [
      'bytes that are no text',
      Buffer.from([0x7b, 0xff, 0x7d]),
      'sha256=7995bbb24687a7e3b74dbe315f155abc89bcd87010ee8877d51f0b23af6d58b3',
      [KEY],
    ],
  ]
  for (const [why, body, header, secrets] of rows) t.equal(verifyHmacSha256(header, body, secrets), true, why)
})

t.test('wrong ones', async t => {
  const rows: readonly (readonly [why: string, header: string | undefined, body?: Uint8Array])[] = [
    ['no header', undefined],
    ['an empty header', ''],
    ['the prefix alone, which Gitea sends without a secret', 'sha256='],
    [
      'the HMAC with the empty key',
      'sha256=4b8033c3a669ca56f9bfed8c7335da465b381bc8aba11f20db1ab00cfde3fb57',
    ],
    ['SHA-1 under the name of SHA-256', `sha256=${SHA1}`],
    ['SHA-1 under its own name', `sha1=${SHA1}`],
    ['SHA-512 under its own name', `sha512=${SHA512}`],
    ['SHA-512 under the name of SHA-256', `sha256=${SHA512}`],
    ['no prefix', HEX],
    ['upper-case hex', `sha256=${HEX.toUpperCase()}`],
    ['an upper-case prefix', `SHA256=${HEX}`],
    ['63 digits', RIGHT.slice(0, -1)],
    ['65 digits', `${RIGHT}0`],
    ['a digit that is none, where Buffer would stop reading', `sha256=${HEX.slice(0, -1)}g`],
    ['64 digits that are none', `sha256=${'g'.repeat(64)}`],
    ['junk after it', `${RIGHT} x`],
    ['a space after it', `${RIGHT} `],
    ['a newline after it', `${RIGHT}\n`],
    ['a space before it', ` ${RIGHT}`],
    ['a second value after it', `${RIGHT}, ${RIGHT}`],
    ['a second value before it', `sha256=${'0'.repeat(64)}, ${RIGHT}`],
    ['base64', `sha256=${Buffer.from(HEX, 'hex').toString('base64')}`],
    ['Latin-1 bytes', `sha256=${HEX.slice(0, -1)}\u00e9`],
    ['full-width digits', `sha256=${HEX.slice(0, -1)}\uff10`],
    ['another digit', `sha256=0${HEX.slice(1)}`],
    ['zeros', `sha256=${'0'.repeat(64)}`],
    ['the signature of nothing', OF_NOTHING],
    ['the signature of the form with the same content', OF_FORM],
    ['a newline after the body', RIGHT, Buffer.concat([BODY, Buffer.from('\n')])],
    ['the body serialised again', RIGHT, Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1))],
    ['one bit of the body flipped', RIGHT, BODY.map((byte, index) => (index === 20 ? byte ^ 1 : byte))],
    ['no body', RIGHT, Buffer.alloc(0)],
    // As text both are U+FFFD: whoever signs decoded text takes the one for the other.
    [
      'another invalid byte',
      'sha256=7995bbb24687a7e3b74dbe315f155abc89bcd87010ee8877d51f0b23af6d58b3',
      Buffer.from([0x7b, 0xfe, 0x7d]),
    ],
  ]
  for (const [why, header, body = BODY] of rows) t.equal(verifyHmacSha256(header, body, [KEY]), false, why)
})

t.test('secrets that let nobody in', async t => {
  const ofEmptyKey = 'sha256=4b8033c3a669ca56f9bfed8c7335da465b381bc8aba11f20db1ab00cfde3fb57'
  const rows: readonly (readonly [why: string, secrets: readonly string[]])[] = [
    ['no secret', []],
    ['an empty secret', ['']],
    ['another secret', ['other']],
    ['the secret in another case', [KEY.toUpperCase()]],
    ['the secret with a space', [`${KEY} `]],
  ]
  for (const [why, secrets] of rows) {
    t.equal(verifyHmacSha256(RIGHT, BODY, secrets), false, why)
    t.equal(verifyHmacSha256(ofEmptyKey, BODY, secrets), false, `${why}, and the HMAC with the empty key`)
  }
})
