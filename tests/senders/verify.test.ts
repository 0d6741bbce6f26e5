// Signatures. Every right one here is a literal: GitHub's published example, and values made with openssl; nothing is
// recomputed with the code under test. A wrong one is false, whatever is wrong with it, and nothing throws.
import t from 'tap'
import type { Headers } from '../../lib/http/headers.js'
import { knownToken, provenBy, usableKeys } from '../../lib/senders/verify.js'

const KEY = 'pod-upgrade-trigger-test-key'
const BODY = Buffer.from('{"type":"image.pushed","data":{"image":"ghcr.io/acme/web:latest"}}')
const HEX = 'fcc68cf808da1b567cdb6fc0d8f8a17a0b22605f1b77a69cefa418d7122f8d0b'
const RIGHT = `sha256=${HEX}`
const SHA1 = '69d20db1dab535bbe59f64b99aa5a6d7a5cba74b'
const SHA512 =
  '0bd1885be96c4419cde251daff253b4de53a59ede15f7c2b26a43f94bcd1543c1942a7d227ca477627779dc34cafa1e11e04ec472bce44c76b83f6ed4b7a42e0'
/** GitHub's proof, by the key that it is of. */
const verifyHmacSha256 = (
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly string[],
): boolean =>
  provenBy(
    [{ by: 'hmac', header: 'x-hub-signature-256', prefix: 'sha256=' }],
    { headers: header === undefined ? {} : { 'x-hub-signature-256': [header] }, target: '/', body },
    secrets,
    0,
  ) !== undefined
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

const WEBHOOK = `whsec_${Buffer.from(KEY).toString('base64')}`
const PUBLIC = 'whpk_SAIRdYgJ7kkCtd60jf/fXqO1vpYqRluqInwOWHhctqo='
const V1 = 'v1,RcT0LpToD7sVIsOw1hamzv1V+dVz6lM7dU3Ip6JT2UY='
const V1A = 'v1a,SsOdHH8eJE5jaeQO0+A/RhVlz+fInTrqssA5zrb57D+rvhn2vrH+Lmz2MGv6kfvWl8rtmJXnAZ0MP3XccRXLBw=='
const OF_EMPTY_KEY = 'v1,MCP6STPXaZ8bA0ZANLuDQ30wdQbX1V4O7n1oBcMZWYA='
const SENT = 1_767_225_600

t.test('Standard Webhooks: id, time and body, for five minutes', async t => {
  const rows: readonly (readonly [
    why: string,
    more: Headers,
    by?: string | undefined,
    secs?: number,
    body?: Buffer,
  ])[] = [
    ['by a secret', {}, WEBHOOK],
    ['by a private key, known by its public one', { 'webhook-signature': [V1A] }, PUBLIC],
    ['one of several signatures, while rotating', { 'webhook-signature': [`v1,AAAA ${V1} v2,x`] }, WEBHOOK],
    ['both kinds: the first key that it is right for', { 'webhook-signature': [`${V1A} ${V1}`] }, WEBHOOK],
    ['five minutes late', {}, WEBHOOK, SENT + 300],
    ['five minutes early', {}, WEBHOOK, SENT - 300],
    ['later', {}, undefined, SENT + 301],
    ['earlier', {}, undefined, SENT - 301],
    ['another id', { 'webhook-id': ['msg_2'] }],
    ['no id', { 'webhook-id': undefined }],
    ['an id with a dot, which may be of another text', { 'webhook-id': ['msg_1.1767225600'] }],
    ['two ids', { 'webhook-id': ['msg_1', 'msg_1'] }],
    ['another time', { 'webhook-timestamp': ['1767225601'] }],
    ['no time', { 'webhook-timestamp': undefined }],
    ['a time with a fraction', { 'webhook-timestamp': ['1767225600.0'] }],
    ['a time with a zero before it', { 'webhook-timestamp': ['01767225600'] }],
    [
      'rightly signed, with a fraction',
      {
        'webhook-timestamp': ['1767225600.0'],
        'webhook-signature': ['v1,+a3UnFQqbA4GUlLZDyDLMniqr4SHTcHoZpA1ixHi02w='],
      },
    ],
    [
      'rightly signed, with a sign',
      {
        'webhook-timestamp': ['+1767225600'],
        'webhook-signature': ['v1,ektgZ508EF0WmBGug7WGwEfqdXkBhzfSQN9NtZe7Ibc='],
      },
    ],
    ['two times', { 'webhook-timestamp': [String(SENT), String(SENT)] }],
    ['no signature', { 'webhook-signature': undefined }],
    ['an empty one', { 'webhook-signature': [''] }],
    ['two headers', { 'webhook-signature': [V1, V1] }],
    ['without its version', { 'webhook-signature': [V1.slice(3)] }],
    ['under the version of the other kind', { 'webhook-signature': [V1.replace('v1,', 'v1a,')] }],
    ['the other kind under this version', { 'webhook-signature': [V1A.replace('v1a,', 'v1,')] }],
    ['without padding', { 'webhook-signature': [V1.slice(0, -1)] }],
    ['another spelling of the same bytes', { 'webhook-signature': [V1.replace('UY=', 'UZ=')] }],
    ['URL-safe', { 'webhook-signature': [V1.replaceAll('+', '-')] }],
    ['a comma in place of the space', { 'webhook-signature': [`v1,AAAA,${V1}`] }],
    ['another body', {}, undefined, SENT, Buffer.concat([BODY, Buffer.from(' ')])],
  ]
  const headers = {
    'webhook-id': ['msg_1'],
    'webhook-timestamp': [String(SENT)],
    'webhook-signature': [V1],
  }
  for (const [why, more, by, secs = SENT, body = BODY] of rows) {
    const request = { headers: { ...headers, ...more }, target: '/', body }
    const keys = ['not-a-key', WEBHOOK, PUBLIC]
    t.equal(provenBy([{ by: 'standard-webhooks' }], request, keys, secs * 1000), by, why)
  }
  for (const key of [KEY, 'whsec_', 'whsec_!', 'whpk_AAAA', PUBLIC.replace('whpk', 'whsec'), '']) {
    const request = {
      headers: { ...headers, 'webhook-signature': [`${V1} ${V1A} ${OF_EMPTY_KEY}`] },
      target: '/',
      body: BODY,
    }
    t.equal(provenBy([{ by: 'standard-webhooks' }], request, [key], SENT * 1000), undefined, `the key ${key}`)
  }
})

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

t.test('the secret itself, in a header', async t => {
  const rows: readonly (readonly [why: string, values: readonly string[] | undefined, by?: string])[] = [
    ['a bearer', [`Bearer ${KEY}`], KEY],
    ['a bearer, as it is spelt elsewhere', [`bearer ${KEY}`], KEY],
    ['a bearer with spaces in it', ['Bearer it is a secret'], 'it is a secret'],
    ['as it is', [KEY], KEY],
    ['the password of Basic, whoever it is', [basic(`anybody:${KEY}`)], KEY],
    ['with a colon in it', [basic('a:with:colons')], 'with:colons'],
    ['the second secret, while rotating', ['the-new-one'], 'the-new-one'],
    ['the name of Basic', [basic(`${KEY}:x`)]],
    ['Basic without a colon', [basic(KEY)]],
    ['none', undefined],
    ['an empty one', ['']],
    ['an empty bearer', ['Bearer ']],
    ['two', [`Bearer ${KEY}`, `Bearer ${KEY}`]],
    ['the beginning of it', [KEY.slice(0, -1)]],
    ['more than it', [`${KEY}x`]],
    ['another case', [KEY.toUpperCase()]],
    ['another scheme', [`Digest ${KEY}`]],
    ['after another word', [`x Bearer ${KEY}`]],
    ['one with the name of a signing key in it', ['Bearer my-whsec_key'], 'my-whsec_key'],
    ['a signing key, which is never shown', [`Bearer ${WEBHOOK}`]],
    ['a public key, which everybody knows', [PUBLIC]],
  ]
  const keys = [KEY, 'the-new-one', 'it is a secret', 'with:colons', 'my-whsec_key', WEBHOOK, PUBLIC, '']
  for (const [why, values, by] of rows) {
    const request = { headers: { authorization: values }, target: '/', body: BODY }
    t.equal(provenBy([{ by: 'value', header: 'authorization' }], request, keys, 0), by, why)
  }
  const token = { headers: { 'x-gitlab-token': [`Bearer ${KEY}`] }, target: '/', body: BODY }
  t.equal(
    provenBy([{ by: 'value', header: 'x-gitlab-token' }], token, keys, 0),
    undefined,
    'schemes are for Authorization',
  )
})

t.test('the secret itself, in the query: exactly once', async t => {
  const rows: readonly (readonly [target: string, by?: string])[] = [
    [`/hooks/quay?token=${KEY}`, KEY],
    [`/hooks/quay/web?a=b&token=${KEY}`, KEY],
    ['/hooks/quay?token=it%20is+a%20secret', 'it is a secret'],
    ['/hooks/quay'],
    ['/hooks/quay?token='],
    [`/hooks/quay?token=${KEY}&token=${KEY}`],
    [`/hooks/quay?token=${KEY}&token=x`],
    [`/hooks/quay?token=x&token=${KEY}`],
    [`/hooks/quay?Token=${KEY}`],
    [`/hooks/quay?token[]=${KEY}`],
    [`/hooks/quay?a=token=${KEY}`],
    [`/hooks/quay?token=x?token=${KEY}`],
    [`/hooks/quay?token=${encodeURIComponent(WEBHOOK)}`],
  ]
  for (const [target, by] of rows) {
    const request = { headers: {}, target, body: BODY }
    t.equal(provenBy([{ by: 'query' }], request, [KEY, 'it is a secret', WEBHOOK, ''], 0), by, target)
  }
})

t.test(
  'of several proofs the first that is there counts, right or wrong: none can be fallen back to',
  async t => {
    const proofs = [{ by: 'standard-webhooks' }, { by: 'value', header: 'x-gitlab-token' }] as const
    const judge = (headers: Headers) =>
      provenBy(proofs, { headers, target: '/', body: BODY }, [KEY, WEBHOOK], SENT * 1000)
    const signed = { 'webhook-id': ['msg_1'], 'webhook-timestamp': [String(SENT)] }
    t.equal(judge({ 'x-gitlab-token': [KEY], ...signed }), KEY, 'an id and a time alone are no signature')
    t.equal(judge({ 'x-gitlab-token': ['x'], ...signed, 'webhook-signature': [V1] }), WEBHOOK)
    t.equal(judge({ 'x-gitlab-token': [KEY], ...signed, 'webhook-signature': ['v1,x'] }), undefined)
    t.equal(judge({ 'x-gitlab-token': [WEBHOOK] }), undefined)
  },
)

t.test('keys that no proof of a sender is made with', async t => {
  const all = [KEY, WEBHOOK, PUBLIC, 'whsk_x', '']
  const hmac = { by: 'hmac', header: 'x', prefix: '' } as const
  t.strictSame(usableKeys([{ by: 'standard-webhooks' }], all), [WEBHOOK, PUBLIC])
  t.strictSame(usableKeys([{ by: 'value', header: 'x' }], all), [KEY])
  t.strictSame(usableKeys([{ by: 'query' }], all), [KEY])
  t.strictSame(
    usableKeys([{ by: 'standard-webhooks' }, hmac], [KEY, PUBLIC]),
    [KEY, PUBLIC],
    'each by one of two proofs',
  )
  t.strictSame(usableKeys([hmac], all), [KEY, WEBHOOK], 'a public key would be one that everybody has')
})

t.test('a token is one of those that are set, whole', async t => {
  const tokens = ['', 'the-first-token', 'the-second-token']
  for (const token of tokens.slice(1)) t.equal(knownToken(token, tokens), token)
  for (const wrong of [undefined, '', 'the-first-toke', 'the-first-tokens', 'THE-FIRST-TOKEN'])
    t.equal(knownToken(wrong, tokens), undefined, String(wrong))
  t.equal(knownToken('the-first-token', []), undefined)
})
