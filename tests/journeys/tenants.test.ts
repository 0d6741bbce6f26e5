// Whoever has a tenant's secret reaches its units, and can learn nothing of others: the same answers, byte by byte, for a unit of
// somebody else and for one that is not there.
import { get, id, image, type Json, post, units } from '../support/api.js'
import { matchAll } from '../support/match-all.js'
import { delivery, pushed } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const OWNER = 'token-of-the-owner'
const SHOP = 'token-of-the-shop-tenant'
const BAR = 'token-of-the-bar-tenant'
const SECRET = 'webhook-secret-of-shop'
const SETTINGS = {
  WEBHOOK_TOKEN: OWNER,
  WEBHOOK_MANUAL_UNITS: 'web db app@one',
  WEBHOOK_UNITS_SHOP: 'web gone',
  WEBHOOK_TOKEN_SHOP: SHOP,
  GITHUB_WEBHOOK_SECRET_SHOP: SECRET,
  WEBHOOK_UNITS_BAR: 'db',
  WEBHOOK_TOKEN_BAR: BAR,
}
const tenant = (name: string, settings: object, body: Parameters<typeof journey>[1]) =>
  journey(name, body, { ...SETTINGS, ...settings })

const deliver = (world: World, target: string, reference = image('web'), secret = SECRET) =>
  world.send(delivery({ target, secret, body: pushed(reference) }))

/** Without what differs from answer to answer whoever asks. */
const told = ({ status, body }: { status: number; body: string }, name: string) => [
  status,
  body.replace(/"request_id":"[^"]+"/, '').replaceAll(name, 'X'),
]

tenant("a tenant's delivery upgrades its unit, and the event says whose it was", {}, async (t, world) => {
  units(world)
  const { status, json } = await deliver(world, '/hooks/github')
  t.equal(status, 202)
  matchAll(t, json, { status: 'accepted', tasks: [{ unit: 'web.service' }] })
  matchAll(t, world.events(), [{ tenant: 'SHOP', status: 202, action: 'hook-github', task_ids: [1] }])
})

tenant('a foreign unit is to a tenant as one that does not exist', {}, async (t, world) => {
  units(world)
  const named = (name: string) => deliver(world, `/hooks/github/${name}`)
  t.strictSame(told(await named('db'), 'db'), told(await named('nothing'), 'nothing'), 'by its name')
  t.strictSame(
    told(await named('gone'), 'gone'),
    told(await named('nothing'), 'nothing'),
    'listed, not enabled',
  )
  const byImage = (name: string) => deliver(world, '/hooks/github', `ghcr.io/acme/${name}:latest`)
  t.strictSame(told(await byImage('db'), 'db'), told(await byImage('nothing'), 'nothing'), 'by its image')
  for (const body of [undefined, {}, { force: true }, { dry_run: true }]) {
    const call = (name: string) => post(world, `/api/v1/units/${name}/trigger`, body, SHOP)
    t.strictSame(told(await call('db'), 'db'), told(await call('nothing'), 'nothing'), JSON.stringify(body))
  }
  for (const ask of [
    (name: string) => ({ units: [name] }),
    (name: string) => ({ image: `ghcr.io/acme/${name}` }),
  ]) {
    const call = (name: string) => post(world, '/api/v1/trigger', ask(name), SHOP)
    t.strictSame(told(await call('db'), 'db'), told(await call('nothing'), 'nothing'), ask('db').toString())
  }
  t.equal(
    (await post(world, '/api/v1/trigger', { units: ['web', 'db'] }, SHOP)).status,
    422,
    'all or nothing',
  )
  t.strictSame(world.tasks(), [])
  t.strictSame(world.calls('systemd-run'), [])
})

tenant('lists are of what is its own, and the owner sees all', {}, async (t, world) => {
  units(world)
  await post(world, '/api/v1/units/web/trigger', {}, SHOP)
  await post(world, '/api/v1/units/db/trigger', {}, OWNER)
  await post(world, '/api/v1/units/db/trigger', {}, BAR)
  const rows = async (token: string, what: string, key: string) => {
    const { json } = await get(world, `/api/v1/${what}`, token)
    return Object.values(json as Record<string, Json[]>).flatMap(list => list.map(row => row[key]))
  }
  const list = async (token: string) => ({
    units: await rows(token, 'units', 'unit'),
    tasks: await rows(token, 'tasks', 'unit'),
    events: await rows(token, 'events?action=trigger', 'tenant'),
  })
  t.strictSame(await list(SHOP), { units: ['web.service'], tasks: ['web.service'], events: ['SHOP'] })
  t.strictSame(await list(BAR), { units: ['db.service'], tasks: ['db.service'], events: ['BAR'] })
  const all = await list(OWNER)
  t.strictSame(all.units, ['web.service', 'db.service', 'app@one.service'])
  t.strictSame(all.tasks, ['db.service', 'web.service'])
  t.strictSame(all.events, ['BAR', undefined, 'SHOP'])
  const foreign = await get(world, '/api/v1/tasks/2', SHOP)
  const none = await get(world, '/api/v1/tasks/99', SHOP)
  t.strictSame(told(foreign, 'task 2'), told(none, 'task 99'))
  t.equal(foreign.status, 404)
  t.equal((await get(world, '/api/v1/tasks/1', SHOP)).status, 200)
  t.equal((await get(world, '/api/v1/tasks?unit=db', SHOP)).body, '{"tasks":[]}\n')
})

tenant("all is all of the tenant's units, and not podman's own update", {}, async (t, world) => {
  units(world)
  const { status, json } = await post(world, '/api/v1/trigger', { all: true }, SHOP)
  t.equal(status, 202)
  matchAll(t, (json as { tasks: Json[] }).tasks, [{ unit: 'web.service' }])
  const [run = ''] = world.calls('systemd-run')
  t.match(run, / run-task 1$/, 'no --all, after which podman-auto-update is started')
  const plan = await post(world, '/api/v1/trigger', { all: true, dry_run: true }, SHOP)
  t.notMatch(plan.body, /podman-auto-update|db\.service/)
  t.equal((await post(world, '/auto-update', undefined, SHOP)).status, 401)
})

tenant(
  'the calls of a tenant use up nobody else’s',
  { WEBHOOK_LIMIT1_COUNT: '1', WEBHOOK_LIMIT2_COUNT: '1' },
  async (t, world) => {
    units(world)
    const call = async (token: string, unit: string) =>
      (await post(world, `/api/v1/units/${unit}/trigger`, {}, token)).status
    t.equal(await call(SHOP, 'web'), 202)
    t.equal(await call(SHOP, 'web'), 429)
    t.equal(await call(BAR, 'db'), 202)
    t.equal(await call(OWNER, 'web'), 202)
  },
)

tenant(
  'the same body of two tenants is work for each',
  { GITHUB_WEBHOOK_SECRET_BAR: 'webhook-secret-of-bar' },
  async (t, world) => {
    units(world)
    const body = pushed(image('web'))
    const send = async (secret: string) => (await world.send(delivery({ secret, body }))).json as Json
    matchAll(t, [(await send(SECRET))['status'], (await send(SECRET))['status']], ['accepted', 'duplicate'])
    t.equal((await send('webhook-secret-of-bar'))['status'], 'ignored', 'not even that it was seen is told')
    world.setRegistry(image('web'), id(8))
    matchAll(t, world.tasks(), [{ unit: 'web.service' }])
  },
)

tenant(
  'where tenants alone have secrets, the owner’s way in is closed to all others',
  {},
  async (t, world) => {
    units(world)
    t.equal((await deliver(world, '/hooks/github', image('web'), 'webhook-secret-of-none')).status, 401)
    t.strictSame(world.tasks(), [])
  },
)

tenant(
  'a tenant without units is a configuration that lets nobody in',
  { WEBHOOK_UNITS_SHOP: '' },
  async (t, world) => {
    units(world)
    const { status, stderr } = await deliver(world, '/hooks/github')
    t.equal(status, 503)
    t.match(stderr, /WEBHOOK_UNITS_SHOP is not set/)
    t.equal((await get(world, '/api/v1/units', OWNER)).status, 503)
    t.notMatch(stderr, SECRET)
  },
)
