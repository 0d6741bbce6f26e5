// Where a request may start nothing, it leaves its work; `drain` carries it out, and believes none of it. Both halves
// are the built program, each with a state of its own.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { AUDIENCE, jwk, jwks, jwt } from '../support/jwt.js'
import { matchAll } from '../support/match-all.js'
import { delivery, requestBytes } from '../support/request.js'
import { command } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const TOKEN = 'token-of-the-spool'
const SETTINGS = { WEBHOOK_TOKEN: TOKEN, WEBHOOK_LIMIT1_COUNT: '2' }

/** The privileged half, whose state is not the one of the requests. */
function host(world: World) {
  const spool = join(world.dir, 'spool')
  const credentials = join(world.dir, 'credentials')
  for (const dir of [spool, credentials]) mkdirSync(dir)
  const env = { ...world.env, WEBHOOK_STATE_DIR: join(world.dir, 'state', 'root') }
  const program = (...args: string[]) =>
    execFileSync('env', command(env, ...args), { stdio: 'pipe' }).toString()
  // What units/spool gives to requests alone; a variable that is set wins over the env file.
  const own = {
    WEBHOOK_STATE_DIR: world.stateDir,
    WEBHOOK_SPOOL_DIR: spool,
    CREDENTIALS_DIRECTORY: credentials,
  }
  const lines = Object.entries(own)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
  const plain = readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8')
  const handed = join(world.dir, 'request.env')
  const told = () => (existsSync(handed) ? readFileSync(handed, 'utf8') : plain)
  const asRequest = (on: boolean) => writeFileSync(world.env.WEBHOOK_ENV_FILE, on ? told() + lines : plain)
  return {
    spool,
    credentials,
    handed,
    left: () => readdirSync(spool),
    drain() {
      asRequest(false)
      program('drain', spool, join(credentials, 'units.json'), handed)
      asRequest(true)
    },
    list(what: string): Record<string, unknown>[] {
      asRequest(false)
      const text = program(what, '--json')
      asRequest(true)
      return JSON.parse(text)
    },
  }
}

journey(
  'a delivery, in two halves',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const root = host(world)
    root.drain()
    const before = world.calls().length
    const answer = await world.send(delivery())
    matchAll(t, answer, { status: 202, json: { status: 'accepted', units: ['web.service'] } })
    t.equal(world.calls().length, before, 'the request ran nothing, not even the generator')
    t.strictSame(world.calls('systemd-run'), [])
    t.equal(root.left().length, 1)

    root.drain()
    t.strictSame(root.left(), [])
    t.equal(world.calls('systemd-run').length, 1)
    matchAll(t, root.list('tasks'), [
      { id: 1, unit: 'web.service', image: IMAGE, state: 'queued', caller: 'github' },
    ])
    matchAll(t, root.list('events'), [
      { status: 202, action: 'hook-github', task_ids: [1], meta: { spooled: true } },
    ])

    const again = await world.send(delivery())
    t.equal(again.status, 202, `a redelivery is noticed afterwards ${again.stderr}`)
    root.drain()
    t.equal(root.list('tasks').length, 1)
    matchAll(t, root.list('events'), [{ status: 200, task_ids: [1] }, { status: 202 }])
  },
  SETTINGS,
)

const OF_SHOP = {
  WEBHOOK_UNITS_SHOP: 'web',
  WEBHOOK_TOKEN_SHOP: 'token-of-the-shop',
  GITHUB_WEBHOOK_SECRET_SHOP: 'webhook-secret-of-shop',
}

journey(
  'a tenant in two halves: its name is left with its work, and the other half reaches no further',
  async (t, world) => {
    for (const unit of ['web.service', 'db.service']) world.setUnit(unit, IMAGE, '0'.repeat(64))
    const root = host(world)
    root.drain()
    const bearer = ['Authorization', 'Bearer token-of-the-shop'] as const
    const ask = (target: string) => world.send(requestBytes('POST', target, [bearer]))
    t.equal((await world.send(delivery({ secret: 'webhook-secret-of-shop' }))).status, 202)
    t.equal((await ask('/api/v1/units/web/trigger')).status, 202)
    t.equal((await ask('/api/v1/units/db/trigger')).status, 422)
    root.drain()
    matchAll(t, root.list('tasks'), [{ unit: 'web.service' }])
    matchAll(t, root.list('events'), [
      { action: 'trigger', tenant: 'SHOP', task_ids: [1] },
      { action: 'hook-github', tenant: 'SHOP', task_ids: [1] },
    ])
  },
  { ...OF_SHOP, WEBHOOK_MANUAL_UNITS: 'web db' },
)

journey(
  'the API in two halves: what is left, what is listed, what is not',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const root = host(world)
    const bearer = ['Authorization', `Bearer ${TOKEN}`] as const
    const ask = (method: string, target: string) => world.send(requestBytes(method, target, [bearer]))
    world.fake('more-quadlets', '')
    root.drain()
    matchAll(t, await ask('GET', '/api/v1/units'), {
      status: 200,
      json: { units: [{ unit: 'web.service' }] },
    })
    t.equal((await ask('GET', '/api/v1/tasks')).status, 404)
    t.match(await ask('POST', '/auto-update'), { status: 202, json: { unit: 'podman-auto-update.service' } })
    for (const status of [202, 202, 429])
      t.equal((await ask('POST', '/api/v1/units/web/trigger')).status, status)
    root.drain()
    t.strictSame(world.calls('systemctl start'), ['systemctl start --no-block -- podman-auto-update.service'])
    matchAll(t, root.list('tasks'), [{ unit: 'web.service', caller: 'api' }])
  },
  SETTINGS,
)

journey(
  'a job of GitHub Actions in two halves: the keys are handed on, and asked for by a file',
  async (t, world) => {
    for (const unit of ['web.service', 'db.service']) world.setUnit(unit, IMAGE, '0'.repeat(64))
    const root = host(world)
    root.drain()
    const ask = (unit: string) =>
      world.send(
        requestBytes('POST', `/api/v1/units/${unit}/trigger`, [['Authorization', `Bearer ${jwt()}`]]),
      )
    for (const _ of ['there are no keys', 'still none']) t.equal((await ask('web')).status, 401)
    t.strictSame(root.left(), ['keys.entry'])
    t.strictSame(world.calls('systemd-run'), [])
    root.drain()
    t.strictSame(root.left(), [])
    mkdirSync(join(root.spool, 'keys.entry')) // by a request that was taken over
    root.drain()
    const [fetch = '', ...more] = world.calls('systemd-run')
    t.match(fetch, /run-task --fetch-keys$/)
    t.strictSame(more, [], 'one a minute, whatever is left')

    writeFileSync(join(root.credentials, 'keys-actions.json'), jwks(jwk()))
    t.equal((await ask('db')).status, 422)
    matchAll(t, await ask('web'), { status: 202, json: { units: ['web.service'] } })
    root.drain()
    matchAll(t, root.list('tasks'), [{ unit: 'web.service', caller: 'actions:1296269' }])
    matchAll(t, root.list('events'), [{ action: 'trigger', tenant: 'actions:1296269', task_ids: [1] }])
  },
  {
    WEBHOOK_MANUAL_UNITS: 'web db',
    WEBHOOK_PUBLIC_URL: AUDIENCE,
    ACTIONS_ALLOW: '1296269 refs/heads/main web',
  },
)

journey(
  'what was left first is carried out first, and one run has an end',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const root = host(world)
    root.drain()
    await world.send(delivery())
    const [genuine = ''] = root.left()
    renameSync(join(root.spool, genuine), join(root.spool, 'zzz.entry')) // whatever its name is
    for (let n = 0; n < 250; n++) writeFileSync(join(root.spool, `${n}.entry`), '')
    root.drain()
    t.equal(root.list('tasks').length, 1)
    t.equal(root.left().length, 51, 'the rest waits for the next run')
  },
  SETTINGS,
)

journey(
  'without a list of units: later',
  async (t, world) => {
    host(world).list('events')
    const answer = await world.send(delivery())
    t.equal(answer.status, 503)
    t.match(answer.stderr, /systemctl start pod-upgrade-trigger-spool\.service/)
  },
  SETTINGS,
)

journey(
  'what a request that was taken over could leave',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const root = host(world)
    const id = (n: number) => `b4a1c9c8-3f2f-4ad1-9d3a-0d6f0a8d7a1${n}`
    const good = `requestId=${id(0)}&method=POST&path=/api/v1/trigger&action=trigger&unit=web.service`
    const forged = [
      good.replace(id(0), id(1)).replace('web', 'sshd'),
      good.replace('web.service', '../../etc'),
      `${good}&image=evil.example/x`,
      `${good}&ts=${Number.MAX_SAFE_INTEGER}`,
      good.replace(id(0), id(2)).replace('action=trigger', 'action=cli'),
      good.replace(id(0), id(4)).replace('/api', '/%1b[2J'),
      good.replace(id(0), id(5)).replace('action=trigger', 'action=hook-github'),
      `${good.replace(id(0), id(6))}&caller=a%C2%9B31mb`,
      JSON.stringify({ event: { requestId: id(7) }, units: ['web.service'] }),
      '',
    ]
    for (const [n, value] of forged.entries()) writeFileSync(join(root.spool, `${n}.entry`), value)
    // Both would be carried out: the one if it were shorter, the other if it were a file of the spool.
    writeFileSync(join(root.spool, 'long.entry'), good + '&'.repeat(65_537 - good.length))
    writeFileSync(join(world.dir, 'elsewhere'), good.replace(id(0), id(8)))
    symlinkSync(join(world.dir, 'elsewhere'), join(root.spool, 'link.entry'))
    writeFileSync(join(root.spool, 'half.entry'), good.slice(0, 90))
    for (const name of ['z.entry', 'z.entry.done']) {
      mkdirSync(join(root.spool, name))
      writeFileSync(join(root.spool, name, 'file'), '')
    }
    root.drain()
    t.strictSame(
      root.left().filter(name => name.endsWith('.entry')),
      [],
      'nothing is found a second time',
    )
    t.strictSame(root.list('tasks'), [])
    matchAll(t, root.list('events'), [
      { status: 200, meta: { ignored: 'unit not enabled', units: ['sshd.service'] } },
    ])

    const longest = good + '&'.repeat(65_536 - good.length)
    for (const name of ['a', 'b']) writeFileSync(join(root.spool, `${name}.entry`), longest)
    root.drain()
    t.equal(root.list('tasks').length, 1, 'the same request twice is one')
    t.equal(root.list('events').length, 2)
    const [{ ts } = {}] = root.list('events')
    t.ok(Number(ts) > Date.now() - 60_000, 'when it came says the file system, and not the file')
  },
  SETTINGS,
)

journey(
  "podman's own update, left more often than it may be asked for: it is not started, and not tried for ever",
  async (t, world) => {
    const root = host(world)
    root.drain()
    for (const n of [0, 1, 2])
      writeFileSync(
        join(root.spool, `${n}.entry`),
        `requestId=b4a1c9c8-3f2f-4ad1-9d3a-0d6f0a8d7a1${n}&method=POST&path=/auto-update&action=auto-update`,
      )
    root.drain()
    t.equal(world.calls('systemctl start').length, 2)
    t.strictSame(root.left(), [])
    matchAll(t, root.list('events'), [{ status: 429 }, { status: 202 }, { status: 202 }])
  },
  SETTINGS,
)

journey(
  'a delivery of a sender that is not GitHub, whose registry units call by another name',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const root = host(world)
    root.drain()
    const handed = readFileSync(root.handed, 'utf8')
    t.match(handed, /^QUAY_WEBHOOK_SECRET='secret-of-quay-for-tests'$/m)
    t.match(handed, /^QUAY_REGISTRY='ghcr.io'$/m)
    const body = '{"docker_url":"quay.io/acme/web","updated_tags":["latest"]}'
    const target = '/hooks/quay/web?token=secret-of-quay-for-tests'
    const bytes = requestBytes(
      'POST',
      target,
      [
        ['Content-Type', 'application/json'],
        ['Content-Length', String(body.length)],
      ],
      body,
    )
    for (const _ of ['a push', 'the next, which has the same bytes'])
      matchAll(t, await world.send(bytes), { status: 202, json: { units: ['web.service'] } })
    t.equal(root.left().length, 2)
    root.drain()
    t.strictSame(root.left(), [])
    const told = { status: 202, action: 'hook-quay', path: '/hooks/quay/web' }
    matchAll(t, root.list('events'), [told, told])
  },
  { ...SETTINGS, QUAY_WEBHOOK_SECRET: 'secret-of-quay-for-tests', QUAY_REGISTRY: 'ghcr.io' },
)

journey(
  'a request is handed what it needs, and nothing that it could be robbed of',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const root = host(world)
    root.drain()
    const handed = readFileSync(root.handed, 'utf8')
    t.match(handed, /^WEBHOOK_TOKEN='token-of-the-spool'$/m)
    t.match(handed, /^GITHUB_WEBHOOK_SECRET=`It's a Secret to Everybody`$/m)
    t.notMatch(handed, /smtp|NOTIFY|STATE_DIR|MANUAL_UNITS/)
    t.equal(statSync(root.handed).mode & 0o777, 0o600)
    t.equal((await world.send(delivery())).status, 202)
  },
  { ...SETTINGS, WEBHOOK_NOTIFY_COMMAND: 'curl -u me:the-smtp-password smtps://mail.example' },
)
