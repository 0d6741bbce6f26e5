// Tokens that somebody has made up of the parts of a good one: none is taken for it, and nothing throws.
import fc from 'fast-check'
import { parseKeys } from '../../lib/actions/keys.js'
import { judgeToken } from '../../lib/actions/token.js'
import { always, nearly, text } from '../support/fuzz.js'
import { AUDIENCE, claims, header, jwk, jwks, jwt, type Part } from '../support/jwt.js'

const KEYS = parseKeys(Buffer.from(jwks(jwk())))
const EXPECTED = {
  rules: [{ repositoryId: '1296269', ref: 'refs/heads/main', units: ['web.service'] }],
  audience: AUDIENCE,
  keys: () => KEYS,
  nowMs: Date.now(),
}
const GOOD = jwt()
const isRefused = (token: string) => token === GOOD || judgeToken(token, EXPECTED).kind !== 'good'

const like = (part: Part) =>
  nearly(Object.fromEntries(Object.entries(part).map(([name, value]) => [name, fc.constant(value)])))
const encoded = (part: Part) => like(part).map(it => Buffer.from(JSON.stringify(it)).toString('base64url'))

always(
  'with another character anywhere it is none',
  fc.tuple(fc.nat(GOOD.length - 1), fc.constantFrom(...'AZaz09-_.=+/ ')),
  ([at, character]) => isRefused(GOOD.slice(0, at) + character + GOOD.slice(at + 1)),
)

always(
  'of parts that were not signed together it is none',
  fc
    .array(fc.oneof(fc.constantFrom(...GOOD.split('.')), encoded(header()), encoded(claims()), text), {
      maxLength: 4,
    })
    .map(parts => parts.join('.')),
  isRefused,
)

always(
  'a set of keys is some keys, whatever it says',
  fc.oneof(
    text,
    fc.array(like(jwk())).map(keys => JSON.stringify({ keys })),
  ),
  input => parseKeys(Buffer.from(input)).every(({ kid, n }) => kid !== '' && n !== ''),
  500,
)
