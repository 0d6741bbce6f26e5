// Which token lets in, and to what: every one that is forged is wrong, and asks for no keys.
import t from 'tap'
import { parseKeys } from '../../lib/actions/keys.js'
import { type Expected, judgeToken } from '../../lib/actions/token.js'
import { FORGED } from '../support/forged.js'
import { AUDIENCE, claims, header, jwk, jwks, jwt, OTHER_KEY, type Part, rs256 } from '../support/jwt.js'

const MAIN = { repositoryId: '1296269', ref: 'refs/heads/main', units: ['web.service'] }
const RULES = [
  MAIN,
  { repositoryId: '1296269', ref: 'refs/heads/main', units: ['db.service', 'web.service'] },
  { repositoryId: '7', ref: 'refs/heads/next', units: ['other.service'] },
]
const keys = (text: string) => parseKeys(Buffer.from(text))
const EXPECTED: Expected = {
  rules: RULES,
  audience: AUDIENCE,
  keys: () => keys(jwks(jwk())),
  nowMs: Date.now(),
}
const SECS = Math.floor(EXPECTED.nowMs / 1000)

t.test('one that GitHub has signed reaches the units of the rules that fit, and no other', async t => {
  const good = { kind: 'good', reach: { tenant: 'actions:1296269', units: ['web.service', 'db.service'] } }
  t.strictSame(judgeToken(jwt(), EXPECTED), good)
  for (const event_name of ['push', 'release', 'schedule', 'workflow_dispatch', 'repository_dispatch'])
    t.strictSame(judgeToken(jwt(claims({ event_name })), EXPECTED), good, event_name)
  t.strictSame(
    judgeToken(jwt(claims(), header({ jku: 'https://evil.example' })), EXPECTED),
    good,
    'not looked at',
  )
  t.strictSame(judgeToken(jwt(claims({ repository_id: '7', ref: 'refs/heads/next' })), EXPECTED), {
    kind: 'good',
    reach: { tenant: 'actions:7', units: ['other.service'] },
  })
})

const kindAt = (times: Part) => judgeToken(jwt(claims(times)), { ...EXPECTED, nowMs: SECS * 1000 }).kind

t.test('clocks differ by a minute', async t => {
  const rows = [
    [{ exp: SECS - 60, iat: SECS - 360 }, 'good'],
    [{ exp: SECS - 61, iat: SECS - 361 }, 'wrong'],
    [{ nbf: SECS + 60 }, 'good'],
    [{ nbf: SECS + 61 }, 'wrong'],
    [{ iat: SECS + 60 }, 'good'],
    [{ iat: SECS + 61 }, 'wrong'],
  ] as const
  for (const [times, kind] of rows) t.equal(kindAt(times), kind, JSON.stringify(times))
})

t.test('a token is valid for a day at most, from a time after 1970', async t => {
  t.equal(kindAt({ iat: SECS, exp: SECS + 86_400 }), 'good')
  t.equal(kindAt({ iat: SECS, exp: SECS + 86_401 }), 'wrong')
  t.equal(kindAt({ iat: SECS, exp: SECS }), 'good')
  t.equal(kindAt({ nbf: 1 }), 'good')
  for (const nbf of [0, -1]) t.equal(kindAt({ nbf }), 'wrong', `${nbf}`)
})

t.test('a token has 8192 characters at most', async t => {
  const token = (pad: number, inHead: number) =>
    jwt(claims({ more: 'x'.repeat(pad) }), header({ more: 'x'.repeat(inHead) }))
  const ofLength = (length: number): string | undefined => {
    const pad = Math.floor((length - token(0, 0).length) * 0.75) - 4
    const all = [0, 1, 2].flatMap(inHead => [0, 1, 2, 3, 4, 5].map(more => token(pad + more, inHead)))
    return all.find(it => it.length === length)
  }
  t.equal(judgeToken(ofLength(8192) ?? 'none', EXPECTED).kind, 'good')
  t.match(judgeToken(ofLength(8193) ?? 'none', EXPECTED), { kind: 'wrong', why: /no JSON Web Token/ })
})

for (const [reason, token, why] of FORGED)
  t.test(`forged: ${reason}`, async t => {
    const keys = () => {
      t.match(String(why), /signature/, 'keys are asked for where all else is right')
      return EXPECTED.keys()
    }
    t.match(judgeToken(token, { ...EXPECTED, keys }), { kind: 'wrong', why })
  })

t.test('what is no token at all is wrong, and throws nothing', async t => {
  for (const token of [
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    '\u0000.\u0000.\u0000',
    'e30.e30.e30',
    'bnVsbA.bnVsbA.AA',
  ])
    t.equal(judgeToken(token, EXPECTED).kind, 'wrong', JSON.stringify(token))
})

t.test('a key that is not here is asked for, but only by claims that fit', async t => {
  const unknown = header({ kid: 'another' })
  t.equal(judgeToken(jwt(claims(), unknown), EXPECTED).kind, 'unknown-key')
  t.equal(
    judgeToken(jwt(claims(), header(), rs256(OTHER_KEY.privateKey)), { ...EXPECTED, keys: () => [] }).kind,
    'unknown-key',
  )
  for (const more of [
    { iss: 'x' },
    { aud: 'x' },
    { repository_id: '1' },
    { ref: 'refs/heads/x' },
    { event_name: 'pull_request' },
    { exp: SECS - 1000, iat: SECS - 1300 },
  ])
    t.equal(judgeToken(jwt(claims(more), unknown), EXPECTED).kind, 'wrong', JSON.stringify(more))
})

t.test('without a rule nobody is let in', async t => {
  t.equal(judgeToken(jwt(), { ...EXPECTED, rules: [] }).kind, 'wrong')
})
