// Which keys of a set are kept: RSA of 2048 bits and more. What is no set has none, so that it replaces none.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { findKey, formatKeys, parseKeys } from '../../lib/actions/keys.js'
import { jwk, jwks, KEY, OTHER_KEY } from '../support/jwt.js'

const kids = (text: string) => parseKeys(Buffer.from(text)).map(({ kid }) => kid)

t.test('of a set those that can be used', async t => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const odd = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).publicKey
  const set = jwks(
    jwk(undefined, { kid: 'good', x5c: ['MIIC'], x5t: 'x' }),
    jwk(undefined, { kid: 'plain', use: undefined, alg: undefined }),
    jwk(short, { kid: 'short' }),
    jwk(curve, { kid: 'curve' }),
    jwk(odd, { kid: 'odd' }),
    jwk(undefined, { kid: 'enc', use: 'enc' }),
    jwk(undefined, { kid: 'ps', alg: 'PS256' }),
    jwk(undefined, { kid: '' }),
    jwk(undefined, { kid: 7 }),
    jwk(undefined, { kid: 'n', n: 'not base64url !' }),
    { kty: 'oct', kid: 'secret', k: 'AAAA' },
    jwk(undefined, { kid: 'octets', kty: 'oct' }),
  )
  t.strictSame(kids(set), ['good', 'plain'])
})

t.test('what is no set has no key', async t => {
  for (const text of [
    '',
    'none',
    '[]',
    '{}',
    '{"keys":null}',
    '{"keys":{}}',
    '{"keys":[]}',
    '{"keys":[null,1,"x"]}',
  ])
    t.strictSame(kids(text), [], text)
})

t.test('what is kept reads the same again, and has no more than a key', async t => {
  const keys = parseKeys(
    Buffer.from(jwks(jwk(undefined, { x5c: ['MIIC'] }), jwk(OTHER_KEY.publicKey, { kid: 'two' }))),
  )
  t.strictSame(parseKeys(Buffer.from(formatKeys(keys))), keys)
  t.notMatch(formatKeys(keys), /x5c/)
  t.ok(findKey(keys, 'two')?.equals(OTHER_KEY.publicKey))
  t.equal(findKey(keys, 'three'), undefined)
})

t.test('two keys of one name are none: a token could choose', async t => {
  const both = parseKeys(Buffer.from(jwks(jwk(), jwk(OTHER_KEY.publicKey))))
  t.equal(findKey(both, 'key-of-tests'), undefined)
  t.ok(findKey(parseKeys(Buffer.from(jwks(jwk()))), 'key-of-tests')?.equals(KEY.publicKey))
})
