// GET /, through the built program: who may look, what each of them sees, and that looking changes nothing.
import { execFileSync } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { id, image, type Json, units } from '../support/api.js'
import { AUDIENCE, jwt } from '../support/jwt.js'
import { matchAll } from '../support/match-all.js'
import { start } from '../support/program.js'
import { call, delivery, type HeaderList, requestBytes } from '../support/request.js'
import { command, parse } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const OWNER = 'token-of-the-owner:with-a-colon'
const SHOP = 'token-of-the-shop-tenant'
const SETTINGS = {
  WEBHOOK_MANUAL_TOKEN: OWNER,
  WEBHOOK_MANUAL_UNITS: 'web db app@one',
  WEBHOOK_UNITS_SHOP: 'web',
  WEBHOOK_TOKEN_SHOP: SHOP,
}
const basic = (token: string, user = 'anybody'): HeaderList => [
  ['Authorization', `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`],
]
const look = (world: World, headers: HeaderList = basic(OWNER), method = 'GET', target = '/') =>
  world.send(requestBytes(method, target, headers))

/** The heads of the rows of all tables. */
const rowsOf = (body: string): string[] =>
  [...body.matchAll(/scope="row">(?:<code>)?([^<]*)/g)].map(([, text = '']) => text)

async function history(world: World): Promise<void> {
  units(world)
  await start(world, '--all').end
  await world.send(delivery({ secret: 'another' }))
  await world.send(delivery({ target: '/hooks/github/', id: 'other' }))
  world.fake('units/db.service/state', 'failed')
}

journey(
  'the owner sees all, by Basic and by Bearer',
  async (t, world) => {
    await history(world)
    const before = world.events()
    const { status, headers, body } = await look(world)
    t.equal(status, 200)
    t.match(body, '<h1>1 of 3 units needs a look</h1>')
    t.strictSame(rowsOf(body), [
      ...['db', 'web', 'app@one'],
      ...['app@one', 'db', 'web'],
      ...['POST /hooks/github/', 'POST /hooks/github'],
    ])
    t.match(body, '<code>555555555555</code>', 'what runs')
    matchAll(t, headers, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      'cache-control': 'private, no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      etag: /^"[\w-]{43}"$/,
    })
    t.equal((await world.send(call('GET', '/', OWNER))).body, body, 'by Bearer the same')
    t.equal((await look(world, basic(OWNER, ''))).body, body, 'whatever the user is called')
    t.strictSame(world.events(), before, 'who looks leaves nothing, and is not among what came in')
  },
  SETTINGS,
)

journey(
  'what a browser has already is not sent again, and a head has no body',
  async (t, world) => {
    await history(world)
    const { headers, body } = await look(world)
    const again = await look(world, [...basic(OWNER), ['If-None-Match', headers['etag'] ?? '']])
    matchAll(t, [again.status, again.body, again.headers['etag']], [304, '', headers['etag']])
    t.equal(again.headers['content-length'], undefined)
    const head = await look(world, basic(OWNER), 'HEAD')
    matchAll(t, [head.status, head.body, head.headers['etag']], [200, '', headers['etag']])
    t.equal(head.headers['content-length'], String(Buffer.byteLength(body)))
    world.fake('units/web.service/state', 'failed')
    const changed = await look(world, [...basic(OWNER), ['If-None-Match', headers['etag'] ?? '']])
    t.equal(changed.status, 200, 'but what has changed is')
  },
  SETTINGS,
)

journey(
  'a tenant sees its own units and upgrades, and no refused deliveries',
  async (t, world) => {
    await history(world)
    const { status, body } = await look(world, basic(SHOP))
    t.equal(status, 200)
    t.match(body, '<h1>The unit is current</h1>')
    t.strictSame(rowsOf(body), ['web', 'web'])
    t.notMatch(body, /db|app@one|Refused|401/)
  },
  SETTINGS,
)

for (const [who, headers] of [
  ['nobody', []],
  ['a wrong token', basic('wrong')],
  ['the token as the user', basic('', OWNER)],
  ['a wrong token as Bearer', [['Authorization', 'Bearer wrong']]],
  ['what is no Base64', [['Authorization', `Basic ${OWNER}`]]],
  ['two credentials', [...basic(OWNER), ...basic(OWNER)]],
  ['a job of GitHub Actions', [['Authorization', `Bearer ${jwt()}`]]],
] as const) {
  journey(
    `${who} is asked for a password, and told nothing`,
    async (t, world) => {
      units(world)
      const { status, headers: answered, body } = await look(world, headers)
      t.equal(status, 401)
      t.equal(answered['www-authenticate'], 'Basic realm="pod-upgrade-trigger", charset="UTF-8"')
      t.notMatch(body, /web|db/)
      matchAll(t, world.events(), [{ status: 401, action: 'page' }])
    },
    { ...SETTINGS, ACTIONS_ALLOW: '1296269 refs/heads/main web', WEBHOOK_PUBLIC_URL: AUDIENCE },
  )
}

journey(
  'a password that a browser keeps opens nothing that does something',
  async (t, world) => {
    units(world)
    for (const [method, target] of [
      ['POST', '/api/v1/units/web/trigger'],
      ['GET', '/api/v1/units'],
      ['GET', '/auto-update'],
    ] as const) {
      const { status, headers } = await look(world, basic(OWNER), method, target)
      t.equal(status, 401, target)
      t.equal(headers['www-authenticate'], 'Bearer', 'nor does a browser ask for one there')
    }
    t.strictSame(world.tasks(), [])
    const posted = await look(world, basic(OWNER), 'POST')
    matchAll(t, [posted.status, posted.headers['allow']], [405, 'GET, HEAD'])
  },
  { ...SETTINGS, WEBHOOK_TOKEN: 'another-token-of-tests' },
)

for (const more of [{}, { ACTIONS_ALLOW: '1296269 refs/heads/main web', WEBHOOK_PUBLIC_URL: AUDIENCE }]) {
  journey(
    `without a token nobody may look, as with the API: ${Object.keys(more)}`,
    async (t, world) => {
      for (const headers of [[], basic(''), basic('x')]) t.equal((await look(world, headers)).status, 503)
      t.equal((await world.send(call('GET', '/', jwt()))).status, 503)
    },
    more,
  )
}

journey(
  'what the sandbox cannot see is asked outside, and is the same page',
  async (t, world) => {
    await history(world)
    const { body } = await look(world)
    const before = world.calls('systemd-run').length
    const request = join(world.dir, 'request')
    writeFileSync(request, requestBytes('GET', '/', basic(OWNER)))
    const words = ['--no-new-privs', 'env', ...command(world.env, 'serve')]
    const inside = parse(
      execFileSync('setpriv', words, { stdio: [openSync(request, 'r'), 'pipe', 'inherit'] }),
    )
    t.equal(inside.status, 200)
    t.equal(inside.body, body)
    const [asked, ...others] = world.calls('systemd-run').slice(before)
    t.match(asked, / --wait --pipe .* -- \S*node \S+ status --json$/)
    t.strictSame(others, [])
  },
  SETTINGS,
)

journey(
  'behind a spool the state cannot be read, and the answer says where it can',
  async (t, world) => {
    units(world)
    const { status, json } = await look(world)
    t.equal(status, 404)
    t.match((json as Json)['detail'], /run `pod-upgrade-trigger status` on the host/)
    t.equal((await look(world, [])).status, 401, 'which only who may look is told')
  },
  { ...SETTINGS, WEBHOOK_SPOOL_DIR: '/nowhere/spool', CREDENTIALS_DIRECTORY: '/nowhere' },
)

journey(
  'of twenty upgrades none is a look that found nothing to do',
  async (t, world) => {
    units(world)
    for (const digit of [5, 6, 6, 7]) {
      world.setRegistry(image('web'), id(digit))
      await start(world, 'trigger', 'web').end
    }
    const { body } = await look(world)
    t.strictSame(body.match(/task \d+/g), ['task 4', 'task 2', 'task 1'])
  },
  SETTINGS,
)
