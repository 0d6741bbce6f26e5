// The simple way in: one token, one unit that is started. The token is accepted in the query too, for callers that can
// set no header, and is therefore written nowhere (every journey looks for it in answers, logs, rows and command lines).
import { matchAll } from '../support/match-all.js'
import { call, requestBytes } from '../support/request.js'
import { journey } from '../support/world.js'

const TOKEN = 'token-of-auto-update'
const OTHER = 'token-of-the-api'
const SETTINGS = { WEBHOOK_TOKEN: TOKEN, WEBHOOK_MANUAL_TOKEN: OTHER }
const START = 'systemctl start --no-block -- podman-auto-update.service'

const WAYS: readonly (readonly [why: string, bytes: Buffer])[] = [
  ['POST with Bearer', call('POST', '/auto-update', TOKEN)],
  ['GET with Bearer', call('GET', '/auto-update', TOKEN)],
  ['POST with ?token=', call('POST', `/auto-update?token=${TOKEN}`, '')],
  ['GET with ?token=', call('GET', `/auto-update?token=${TOKEN}`, '')],
  ['a scheme in other letters', requestBytes('POST', '/auto-update', [['Authorization', `bEaReR ${TOKEN}`]])],
]

for (const [why, bytes] of WAYS) {
  journey(
    `${why}: the unit is started`,
    async (t, world) => {
      const { status, json, headers } = await world.send(bytes)
      t.equal(status, 202)
      t.match(json, {
        status: 'accepted',
        unit: 'podman-auto-update.service',
        request_id: headers['x-request-id'],
      })
      t.strictSame(world.calls('systemctl'), [START])
      matchAll(t, world.events(), [{ status: 202, action: 'auto-update', path: '/auto-update' }])
      t.strictSame(world.tasks(), [])
    },
    SETTINGS,
  )
}

journey(
  'bad credentials: one answer for all of them, and nothing happens',
  async (t, world) => {
    const bad = [
      call('POST', '/auto-update', ''),
      call('POST', '/auto-update', 'wrong'),
      call('POST', '/auto-update', `${TOKEN}x`),
      call('POST', '/auto-update', OTHER),
      call('GET', '/auto-update?token=', ''),
      call('GET', '/auto-update?token=wrong', ''),
      call('GET', `/auto-update?token=${TOKEN}`, 'wrong'),
      call('GET', `/auto-update?token=${TOKEN}&token=x`, ''),
      requestBytes('POST', '/auto-update', [['Authorization', `Basic ${TOKEN}`]]),
      requestBytes('POST', '/auto-update', [['Authorization', `Bearer  ${TOKEN}`]]),
    ]
    const bodies = new Set<string>()
    for (const [index, bytes] of bad.entries()) {
      const { status, headers, body } = await world.send(bytes)
      t.ok(status === 401 || status === 400, `${index}: ${status}`)
      if (status === 401) t.equal(headers['www-authenticate'], 'Bearer')
      if (status === 401) bodies.add(body)
    }
    t.equal(bodies.size, 1)
    t.strictSame(world.calls(), [])
  },
  SETTINGS,
)

journey(
  'over the limit: 429 with Retry-After; strangers and refused calls use up nothing',
  async (t, world) => {
    const ask = (token: string) => world.send(call('POST', '/auto-update', token))
    for (let index = 0; index < 5; index++) t.equal((await ask('wrong')).status, 401)
    t.equal((await ask(TOKEN)).status, 202)
    t.equal((await ask(TOKEN)).status, 202)
    for (let index = 0; index < 2; index++) {
      const { status, headers, json } = await ask(TOKEN)
      t.equal(status, 429)
      const secs = Number(headers['retry-after'])
      t.ok(secs > 500 && secs <= 600, `the first call leaves the window in ${secs} s`)
      t.match(json, { detail: `rate limit exceeded; retry after ${secs} s` })
    }
    t.equal(world.calls('systemctl').length, 2)
    t.strictSame(
      world.events().map(({ status }) => status),
      [429, 429, 202, 202, 401, 401, 401, 401, 401],
    )
    t.equal(
      (await world.send(call('POST', '/api/v1/trigger', OTHER, { units: ['x'] }))).status,
      422,
      'the API has its own',
    )
  },
  SETTINGS,
)

journey(
  'systemd refuses: 502, and the journal has what it said',
  async (t, world) => {
    world.fake(
      'fail-start',
      'Failed to start podman-auto-update.service: Unit podman-auto-update.service not found.\n',
    )
    const { status, body, stderr } = await world.send(call('POST', '/auto-update', TOKEN))
    t.equal(status, 502)
    t.notMatch(body, 'not found')
    t.match(stderr, /Unit podman-auto-update\.service not found/)
    matchAll(t, world.events(), [{ status: 502 }])
  },
  SETTINGS,
)

journey('no token is set: 503 to everybody', async (t, world) => {
  for (const bytes of [call('POST', '/auto-update', ''), call('GET', '/auto-update?token=', '')]) {
    const { status, stderr } = await world.send(bytes)
    t.equal(status, 503)
    t.match(stderr, 'WEBHOOK_TOKEN is not set')
  }
  t.strictSame(world.calls(), [])
})

journey(
  'another unit, of a user',
  async (t, world) => {
    await world.send(call('POST', '/auto-update', TOKEN))
    t.strictSame(world.calls('systemctl'), ['systemctl --user start --no-block -- mine.service'])
  },
  { ...SETTINGS, WEBHOOK_AUTO_UPDATE_UNIT: 'mine', WEBHOOK_SCOPE: 'user' },
)

journey(
  'several tokens, while they are rotated',
  async (t, world) => {
    for (const token of ['old-token-of-tests', 'new-token-of-tests']) {
      t.equal((await world.send(call('POST', '/auto-update', token))).status, 202)
    }
    t.equal(
      (await world.send(call('POST', '/auto-update', 'old-token-of-tests new-token-of-tests'))).status,
      401,
    )
  },
  { WEBHOOK_TOKEN: 'old-token-of-tests\nnew-token-of-tests' },
)
