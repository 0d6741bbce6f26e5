// Tokens that nobody may be let in with, and why: one list for the decision and for the whole way through the program.
import { constants, sign } from 'node:crypto'
import { claims, header, hs256, jwk, jwt, KEY, OTHER_KEY, type Part, rs256 } from './jwt.js'

const now = Math.floor(Date.now() / 1000)
const good = jwt()
const [head = '', payload = '', signature = ''] = good.split('.')
const pem = KEY.publicKey.export({ type: 'spki', format: 'pem' })
const claiming = (more: Part) => jwt(claims(more))
const headed = (more: Part) => jwt(claims(), header(more))
const by = (algorithm: string, padding: number) => (signed: Buffer) =>
  sign(algorithm, signed, { key: KEY.privateKey, padding })
const spoilt = Buffer.from(signature, 'base64url')
spoilt.writeUInt8(spoilt.readUInt8(100) ^ 1, 100)
const PKCS1 = constants.RSA_PKCS1_PADDING

/** The reason, the token, and what the host's owner is told. */
export const FORGED: readonly (readonly [reason: string, token: string, why: RegExp])[] = [
  ['not signed: alg none', jwt(claims(), header({ alg: 'none' }), () => Buffer.alloc(0)), /no JSON Web/],
  ['alg none with a signature', headed({ alg: 'none' }), /RS256/],
  ['RS256, and no signature', `${head}.${payload}.`, /no JSON Web/],
  ['HS256 by the public key as PEM', jwt(claims(), header({ alg: 'HS256' }), hs256(String(pem))), /RS256/],
  ['the same, called RS256', jwt(claims(), header(), hs256(String(pem))), /signature/],
  ['RS384', jwt(claims(), header({ alg: 'RS384' }), by('sha384', PKCS1)), /RS256/],
  ['RS384, called RS256', jwt(claims(), header(), by('sha384', PKCS1)), /signature/],
  ['PS256', jwt(claims(), header({ alg: 'PS256' }), by('sha256', constants.RSA_PKCS1_PSS_PADDING)), /RS256/],
  [
    'PS256, called RS256',
    jwt(claims(), header(), by('sha256', constants.RSA_PKCS1_PSS_PADDING)),
    /signature/,
  ],
  ['alg in another case', headed({ alg: 'rs256' }), /RS256/],
  ['an extension that has to be understood', headed({ crit: ['b64'], b64: false }), /RS256/],
  ['no kid', headed({ kid: undefined }), /named key/],
  ['a kid that is empty', headed({ kid: '' }), /named key/],
  ['a kid that is a list', headed({ kid: ['key-of-tests'] }), /named key/],
  [
    'a key of its own in the header',
    jwt(claims(), header({ jwk: jwk(OTHER_KEY.publicKey) }), rs256(OTHER_KEY.privateKey)),
    /signature/,
  ],
  [
    'keys of its own elsewhere',
    jwt(
      claims(),
      header({ jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x5u' }),
      rs256(OTHER_KEY.privateKey),
    ),
    /signature/,
  ],
  ['another key', jwt(claims(), header(), rs256(OTHER_KEY.privateKey)), /signature/],
  ['one bit of the signature', `${head}.${payload}.${spoilt.toString('base64url')}`, /signature/],
  [
    'the claims of another token',
    `${head}.${claiming({ run_id: '2' }).split('.')[1]}.${signature}`,
    /signature/,
  ],
  ['padding', `${good}==`, /no JSON Web/],
  ['a fourth part', `${good}.x`, /no JSON Web/],
  ['two parts', `${head}.${payload}`, /no JSON Web/],
  ['too long', claiming({ more: 'x'.repeat(7000) }), /no JSON Web/],
  ['claims that are a list', jwt([claims()]), /no JSON Web/],
  ['a header that is no JSON', `e30x.${payload}.${signature}`, /RS256/],
  ['another issuer', claiming({ iss: 'https://token.actions.githubusercontent.com/' }), /issuer/],
  ['an issuer on another host', claiming({ iss: 'https://github.example/_services/token' }), /issuer/],
  ['the audience that GitHub takes by itself', claiming({ aud: 'https://github.com/acme' }), /audience/],
  ['the audience with a slash', claiming({ aud: `${claims()['aud']}/` }), /audience/],
  ['the audience in a list', claiming({ aud: [claims()['aud']] }), /audience/],
  ['no audience', claiming({ aud: undefined }), /audience/],
  ['another repository', claiming({ repository_id: '1296270' }), /no rule/],
  ['a repository that is a number', claiming({ repository_id: 1296269 }), /no rule/],
  ['another ref', claiming({ ref: 'refs/heads/mai' }), /no rule/],
  ['a tag of the same name', claiming({ ref: 'refs/tags/main' }), /no rule/],
  ['the ref of another rule', claiming({ ref: 'refs/heads/next' }), /no rule/],
  ['a ref in a list', claiming({ ref: ['refs/heads/main'] }), /no rule/],
  ['expired', claiming({ exp: now - 70, iat: now - 370, nbf: now - 370 }), /expired/],
  ['not valid yet', claiming({ nbf: now + 120 }), /not valid yet/],
  ['made in the future', claiming({ iat: now + 120 }), /not valid yet/],
  ['valid for ever', claiming({ exp: now + 100_000 }), /too long/],
  ['made after its end', claiming({ iat: now + 30, exp: now + 10 }), /too long/],
  ['times that are texts', claiming({ exp: String(now + 300) }), /no numbers/],
  ['no end', claiming({ exp: undefined }), /no numbers/],
  ['no beginning', claiming({ nbf: undefined }), /no numbers/],
  ['half a second', claiming({ iat: now - 0.5 }), /no numbers/],
  ...[
    'pull_request',
    'pull_request_target',
    'pull_request_review',
    'workflow_run',
    'issue_comment',
    'fork',
    undefined,
    ['push'],
  ].map(event => [`started by ${event}`, claiming({ event_name: event }), /its event/] as const),
]
