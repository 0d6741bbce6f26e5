// A job of GitHub Actions that calls the API: a token that GitHub has signed reaches the units of its rule, and any other is answered
// as a wrong token is, byte by byte, with nothing done.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { get, image, type Json, post, SETTINGS, TOKEN, units } from '../support/api.js'
import { FORGED } from '../support/forged.js'
import { filesUnder } from '../support/host.js'
import { AUDIENCE, claims, header, jwk, jwks, jwt, OTHER_KEY } from '../support/jwt.js'
import { matchAll } from '../support/match-all.js'
import { requestBytes } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const ACTIONS = {
  ...SETTINGS,
  WEBHOOK_PUBLIC_URL: AUDIENCE,
  ACTIONS_ALLOW: '1296269 refs/heads/main web app@one gone\n7 refs/heads/main db',
}
const keys = (world: World, text = jwks(jwk())) => {
  mkdirSync(world.stateDir, { recursive: true, mode: 0o700 })
  writeFileSync(join(world.stateDir, 'keys-actions.json'), text)
}
const actions = (name: string, story: (t: Test, world: World) => Promise<unknown>, settings: object = {}) =>
  journey(
    name,
    async (t, world) => {
      units(world)
      keys(world)
      await story(t, world)
    },
    { ...ACTIONS, ...settings },
  )
/** Without what differs from answer to answer whoever asks. */
const told = ({ raw }: { raw: Buffer }, name = '\0') =>
  raw
    .toString()
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/^Date: .*$/im, '')
    .replaceAll(name, 'X')
const trigger = (world: World, token: string, body: object = { units: ['web'] }) =>
  post(world, '/api/v1/trigger', body, token)

actions(
  'a job upgrades a unit of its rule, reads its task, and the event says who it was',
  async (t, world) => {
    const token = jwt()
    const { status, json } = await post(world, '/api/v1/units/web/trigger', undefined, token)
    t.equal(status, 202)
    matchAll(t, json, { tasks: [{ id: 1, unit: 'web.service', image: image('web'), state: 'queued' }] })
    matchAll(t, await get(world, '/api/v1/tasks/1', token), {
      status: 200,
      json: { id: 1, unit: 'web.service' },
    })
    matchAll(t, world.events('--action=trigger'), [{ status: 202, tenant: 'actions:1296269', task_ids: [1] }])
    matchAll(t, world.tasks(), [{ unit: 'web.service', caller: 'actions:1296269' }])
    t.equal(world.calls('systemd-run').length, 1)
    const kept = filesUnder(world.stateDir).filter(path =>
      readFileSync(path, 'latin1').includes(token.slice(-60)),
    )
    t.strictSame(kept, [], 'the token is not stored')
    t.notMatch(world.said(), token.slice(-60))
  },
)

actions(
  'all are the units of its rules, without podman’s own update, as far as they are enabled',
  async (t, world) => {
    matchAll(t, (await trigger(world, jwt(), { all: true })).json, {
      tasks: [{ unit: 'web.service' }, { unit: 'app@one.service' }],
    })
    t.equal(world.calls('systemd-run').length, 2)
    t.strictSame(
      world.calls('systemd-run').filter(line => / --all\b/.test(line)),
      [],
    )
  },
)

actions('a foreign unit is as one that does not exist, and so is the task of another', async (t, world) => {
  t.equal((await trigger(world, TOKEN, { units: ['db'] })).status, 202)
  for (const body of [undefined, { dry_run: true }, { force: true }]) {
    const named = (name: string) => post(world, `/api/v1/units/${name}/trigger`, body, jwt())
    t.equal(told(await named('db'), 'db'), told(await named('zz'), 'zz'))
    t.equal(told(await named('gone'), 'gone'), told(await named('zzzz'), 'zzzz'), 'in the rule alone')
  }
  const by = (name: string) => trigger(world, jwt(), { image: `ghcr.io/acme/${name}` })
  t.equal(told(await by('db'), 'db'), told(await by('zz'), 'zz'))
  t.equal((await trigger(world, jwt(), { units: ['web', 'db'] })).status, 422)
  const seen = (id: number) => get(world, `/api/v1/tasks/${id}`, jwt())
  t.equal((await seen(1)).status, 404)
  t.equal(told(await seen(1), 'task 1'), told(await seen(2), 'task 2'))
  t.equal(world.tasks().length, 1)
})

actions('lists, and podman’s own update, take no such token', async (t, world) => {
  for (const target of ['/api/v1/units', '/api/v1/tasks', '/api/v1/events', '/auto-update'])
    t.equal(told(await get(world, target, jwt())), told(await get(world, target, 'wrong')), target)
  t.equal((await get(world, `/auto-update?token=${jwt()}`, '')).status, 401)
  t.strictSame(world.calls('systemctl start'), [])
})

const atOnce = 4

actions('whoever forges a token is answered as with a wrong one, and nothing is done', async (t, world) => {
  const wrong = told(await trigger(world, 'wrong'))
  t.match(wrong, /^HTTP\/1.1 401 .*\r\nWWW-Authenticate: Bearer\r\n/ms)
  const rest = [...FORGED]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let it = rest.shift(); it !== undefined; it = rest.shift()) {
        const [reason, token] = it
        t.equal(told(await trigger(world, token)), wrong, reason)
      }
    }),
  )
  const target = '/api/v1/units/web/trigger'
  const twice = ['Authorization', `Bearer ${jwt()}`] as const
  t.equal((await world.send(requestBytes('POST', target, [twice, twice]))).status, 401, 'sent twice')
  const basic = ['Authorization', `Basic ${jwt()}`] as const
  t.equal((await world.send(requestBytes('POST', target, [basic]))).status, 401, 'not as a bearer')
  t.equal((await world.send(requestBytes('POST', `${target}?token=${jwt()}`))).status, 401, 'in the query')
  t.strictSame(world.tasks(), [])
  t.strictSame(world.calls(), [], 'no program was started, and no keys are asked for')
  t.notOk(existsSync(join(world.stateDir, 'ratelimit.db')))
  const why = world.events('--status=401', '--limit=1000').map(({ meta }) => (meta as Json)['token'])
  t.equal(why.filter(text => text !== undefined).length, FORGED.length, 'the owner is told why')

  t.equal((await trigger(world, jwt())).status, 202, 'and the next good one is let in')
})

actions('a key that is not here is asked for once a minute, after the answer', async (t, world) => {
  const unknown = jwt(claims(), header({ kid: 'made-up' }))
  const wrong = told(await trigger(world, 'wrong'))
  for (const token of [unknown, jwt(claims(), header({ kid: 'made-up-2' })), unknown])
    t.equal(told(await trigger(world, token)), wrong)
  const calls = world.calls('systemd-run')
  t.equal(calls.length, 1)
  t.match(calls[0], / --unit=pod-upgrade-trigger-keys\.service .* run-task --fetch-keys$/)
  t.strictSame(world.tasks(), [])

  keys(world, jwks(jwk(OTHER_KEY.publicKey), jwk(undefined, { kid: 'made-up' })))
  t.equal((await trigger(world, unknown)).status, 202)
})

actions(
  'where no key can be asked for, the answer is the same, and the journal has why',
  async (t, world) => {
    world.fake('fail-systemd-run', 'no such manager')
    keys(world, 'none')
    const answer = await trigger(world, jwt())
    t.equal(told(answer), told(await trigger(world, 'wrong')))
    t.match(answer.stderr, /^<3>systemd-run .*no such manager/m)
    t.equal(answer.exitCode, 0)
  },
)

actions(
  'calls count as deliveries do: for the image, and not among the calls of the API',
  async (t, world) => {
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await trigger(world, jwt())).status)
    t.strictSame(statuses, [202, 202, 429])
    t.equal((await trigger(world, jwt(), { units: ['app@one'] })).status, 202)
    t.equal((await trigger(world, TOKEN, { units: ['db'] })).status, 202)
  },
  { WEBHOOK_IMAGE_LIMIT_COUNT: '2', WEBHOOK_LIMIT1_COUNT: '1' },
)

actions(
  'without a token of ours jobs alone are let in',
  async (t, world) => {
    t.equal((await trigger(world, jwt())).status, 202)
    t.equal((await trigger(world, 'wrong')).status, 401)
    t.equal((await trigger(world, '')).status, 401)
    t.equal((await get(world, '/api/v1/units', jwt())).status, 503)
    t.equal((await get(world, '/auto-update', jwt())).status, 503)
  },
  { WEBHOOK_MANUAL_TOKEN: '', WEBHOOK_TOKEN: '' },
)

actions(
  'without a rule no job is let in',
  async (t, world) => {
    t.equal((await trigger(world, jwt())).status, 401)
    t.strictSame(world.calls(), [])
  },
  { ACTIONS_ALLOW: '' },
)
