// fixtures/openapi.json is what callers of the API read, so it is held to the program both ways: every answer that it names
// is seen here and is as it says, and what a call may ask is what the program takes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseTriggerBody } from '../../lib/request/trigger-body.js'
import type { Result } from '../../lib/result.js'
import { parseEventQuery, parseTaskQuery } from '../../lib/store/query.js'
import { get, id, image, post, SETTINGS, TOKEN, units } from '../support/api.js'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { call, requestBytes } from '../support/request.js'
import { lookUp, type Schema, violations } from '../support/schema.js'
import type { Reply } from '../support/serve.js'
import { journey } from '../support/world.js'

const FILE = join(import.meta.dirname, '../../fixtures/openapi.json')
const DOCUMENT = JSON.parse(readFileSync(FILE, 'utf8'))
const PATHS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = DOCUMENT.paths

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { schema: Schema }>> }>
  >
}

const seen = new Set<string>()
const journeys: Promise<unknown>[] = []

function checked(t: Test, method: string, path: string, reply: Reply): void {
  const key = `${method} ${path} ${reply.status}`
  const response = PATHS[path]?.[method]?.responses[reply.status]
  const schema = response?.content[reply.headers['content-type'] ?? '']?.schema
  t.ok(schema, `${key} is in the document, as ${reply.headers['content-type']}`)
  t.strictSame(violations(DOCUMENT, schema ?? {}, reply.json), [], key)
  seen.add(key)
}

journeys.push(
  journey(
    'every answer is as the document says, and every one it names is given',
    async (t, world) => {
      const check = (method: string, path: string, reply: Reply) => checked(t, method, path, reply)
      units(world)
      world.fake('run-tasks', '')
      world.setUnit('podman-auto-update.service', image('none'), id(9))

      check('get', '/health', await get(world, '/health', ''))
      for (const method of ['post', 'get']) {
        const ask = (token: string) => world.send(call(method.toUpperCase(), '/auto-update', token))
        check(method, '/auto-update', await ask('another-token-of-tests'))
        check(method, '/auto-update', await ask('wrong'))
        world.fake('fail-start', 'no')
        check(method, '/auto-update', await ask('another-token-of-tests'))
        world.remove('fail-start')
      }
      for (const [path, target, body] of [
        ['/api/v1/trigger', '/api/v1/trigger', { units: ['web'] }],
        ['/api/v1/units/{unit}/trigger', '/api/v1/units/db/trigger', {}],
      ] as const) {
        const bad = (headers: readonly (readonly [string, string])[], text: string) =>
          requestBytes(
            'POST',
            target,
            [['Authorization', `Bearer ${TOKEN}`], ['Content-Length', String(text.length)], ...headers],
            text,
          )
        check('post', path, await post(world, target, { ...body, dry_run: true }))
        check('post', path, await post(world, target, { ...body, caller: 'ci', reason: 'a test' }))
        check('post', path, await post(world, target, { more: 1, force: 2 }))
        check('post', path, await post(world, target, body, 'wrong'))
        check('post', path, await world.send(bad([['Content-Type', 'application/json']], '{')))
        check('post', path, await world.send(bad([['Content-Type', 'text/plain']], '{}')))
        check('post', path, await world.send(bad([['Content-Type', 'application/json']], ' '.repeat(2000))))
        await waitFor('the tasks', () => world.tasks('--status=done').length === world.tasks().length)
      }
      check('get', '/api/v1/units', await get(world, '/api/v1/units'))
      for (const list of ['tasks', 'events']) {
        check('get', `/api/v1/${list}`, await get(world, `/api/v1/${list}?limit=100`))
        check('get', `/api/v1/${list}`, await get(world, `/api/v1/${list}?limit=0`))
      }
      check('get', '/api/v1/tasks/{id}', await get(world, '/api/v1/tasks/1'))
      check('get', '/api/v1/tasks/{id}', await get(world, '/api/v1/tasks/99'))
      check('get', '/api/v1/tasks/{id}', await get(world, '/api/v1/tasks/1?wait=x'))
      for (const path of ['/api/v1/units', '/api/v1/tasks', '/api/v1/events', '/api/v1/tasks/{id}']) {
        check('get', path, await get(world, path.replace('{id}', '1'), 'wrong'))
      }
      matchAll(t, world.tasks(), [{ outcome: 'updated' }, { outcome: 'updated' }])
    },
    { ...SETTINGS, WEBHOOK_MAX_BODY_BYTES: '1024' },
  ),
)

const WORK = ['/api/v1/trigger', '/api/v1/units/{unit}/trigger']

journeys.push(
  journey(
    'and those of one who calls too often',
    async (t, world) => {
      units(world)
      const ask = (path: string) =>
        post(world, path.replace('{unit}', 'web'), path.includes('{') ? {} : { all: true })
      await ask(WORK[0]!)
      for (const path of WORK) checked(t, 'post', path, await ask(path))
      for (const method of ['get', 'post', 'get']) {
        const reply = await world.send(call(method.toUpperCase(), '/auto-update', 'another-token-of-tests'))
        checked(t, method, '/auto-update', reply)
      }
    },
    { ...SETTINGS, WEBHOOK_LIMIT1_COUNT: '1' },
  ),
)

journeys.push(
  journey(
    'and those of a host whose podman fails',
    async (t, world) => {
      for (const path of WORK) {
        const body = path.includes('{') ? {} : { all: true }
        checked(t, 'post', path, await post(world, path.replace('{unit}', 'web'), body))
      }
      checked(t, 'get', '/api/v1/units', await get(world, '/api/v1/units'))
    },
    { ...SETTINGS, WEBHOOK_QUADLET_GENERATOR: '/bin/false' },
  ),
)

journeys.push(
  journey('and those of a host in trouble', async (t, world) => {
    for (const [path, methods] of Object.entries(PATHS)) {
      for (const method of Object.keys(methods).filter(() => path !== '/health')) {
        const target = path.replace('{unit}', 'web').replace('{id}', '1')
        const reply = await world.send(
          call(method.toUpperCase(), target, TOKEN, method === 'post' ? {} : undefined),
        )
        t.equal(reply.status, 503)
        t.strictSame(violations(DOCUMENT, { $ref: '#/components/schemas/Problem' }, reply.json), [])
        seen.add(`${method} ${path} 503`)
      }
    }
  }),
)

t.test('what a call may ask is what the program takes', async t => {
  const properties = (name: string) =>
    Object.keys(lookUp(DOCUMENT, `#/components/schemas/${name}`)['properties'] as object)
  const known = (result: Result<unknown>, field: string) =>
    result.ok || !result.problems.some(one => one.field === field && one.message === 'is an unknown field')
  for (const field of [...properties('Ask'), 'more']) {
    t.equal(
      known(parseTriggerBody({ [field]: 1 }, undefined), field),
      properties('Ask').includes(field),
      field,
    )
    t.equal(
      known(parseTriggerBody({ [field]: 1 }, 'web.service'), field),
      properties('AskOne').includes(field),
      field,
    )
  }
  const names = (path: string) => (PATHS[path]?.['get']?.parameters ?? []).map(({ name }) => name)
  for (const field of new Set([...names('/api/v1/tasks'), ...names('/api/v1/events'), 'more'])) {
    t.equal(known(parseTaskQuery({ [field]: '' }, 0), field), names('/api/v1/tasks').includes(field), field)
    t.equal(known(parseEventQuery({ [field]: '' }, 0), field), names('/api/v1/events').includes(field), field)
  }
})

t.test('every answer that the document names was seen', async t => {
  await Promise.all(journeys)
  const named = Object.entries(PATHS).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.keys(responses).map(status => `${method} ${path} ${status}`),
    ),
  )
  t.strictSame(
    named.filter(key => !seen.has(key)),
    [],
  )
})
