// The API of those who are not GitHub: who may ask, how units are found, and what is wrong with a call. Every answer of 202
// is a task on the disk and one command line of systemd-run.
import { get, image, type Json, post, SETTINGS, TOKEN, units } from '../support/api.js'
import { matchAll } from '../support/match-all.js'
import { journey } from '../support/world.js'

const FOUND: readonly (readonly [target: string, body: object | undefined, units: readonly string[]])[] = [
  ['/api/v1/units/web/trigger', undefined, ['web']],
  ['/api/v1/units/web/trigger', {}, ['web']],
  ['/api/v1/units/web.service/trigger', {}, ['web']],
  ['/api/v1/units/app@one/trigger', {}, ['app@one']],
  ['/api/v1/units/app%40one/trigger', {}, ['app@one']],
  ['/api/v1/units/web/trigger', { image: 'ghcr.io/acme/web:v2' }, ['web']],
  ['/api/v1/trigger', { units: ['db', 'web.service', 'db'] }, ['db', 'web']],
  ['/api/v1/trigger', { image: 'ghcr.io/acme/db' }, ['db']],
]

for (const [target, body, names] of FOUND) {
  journey(
    `${target} ${JSON.stringify(body)}`,
    async (t, world) => {
      units(world)
      const { status, json, headers } = await post(world, target, body)
      t.equal(status, 202)
      const { request_id, tasks } = json as { request_id: string; tasks: Json[] }
      t.equal(request_id, headers['x-request-id'])
      t.strictSame(
        tasks.map(({ unit, image: used, state }) => [unit, used, state]),
        names.map(name => [`${name}.service`, image(name), 'queued']),
      )
      t.equal(headers['location'], names.length === 1 ? '/api/v1/tasks/1' : undefined)
      t.equal(world.calls('systemd-run').length, names.length, 'side by side')
      matchAll(t, world.events(), [
        { status: 202, action: 'trigger', task_ids: names.map((_, index) => index + 1) },
      ])
    },
    SETTINGS,
  )
}

const WRONG: readonly (readonly [why: string, target: string, body: object, fields: readonly string[]])[] = [
  ['nothing asked for', '/api/v1/trigger', {}, ['']],
  ['a unit that is not enabled', '/api/v1/trigger', { units: ['web', 'sshd'] }, ['units.1']],
  ['a unit in the path that is not enabled', '/api/v1/units/sshd/trigger', {}, ['unit']],
  ['another image', '/api/v1/units/web/trigger', { image: image('db') }, ['image']],
  ['an image of nobody', '/api/v1/trigger', { image: 'ghcr.io/acme/other' }, ['image']],
  ['misspelt and wrong', '/api/v1/units/web/trigger', { dry_rum: true, force: 'yes' }, ['dry_rum', 'force']],
  ['a list', '/api/v1/units/web/trigger', [], ['']],
]

journey(
  'what is wrong is named, and nothing is done, not even for the units that are right',
  async (t, world) => {
    units(world)
    for (const [why, target, body, fields] of WRONG) {
      const { status, json } = await post(world, target, body)
      t.equal(status, 422, why)
      t.strictSame(
        (json as { errors: Json[] }).errors.map(({ field }) => field).sort(),
        [...fields].sort(),
        why,
      )
    }
    t.equal((await post(world, '/api/v1/units/..%2fweb/trigger')).status, 404)
    t.strictSame(world.tasks(), [])
    t.strictSame(world.calls('systemd-run'), [])
  },
  SETTINGS,
)

journey(
  'who may ask: its own token, else the other; nobody without',
  async (t, world) => {
    units(world)
    const targets = ['/api/v1/units', '/api/v1/tasks', '/api/v1/events', '/api/v1/tasks/1']
    for (const token of ['', 'wrong', 'another-token-of-tests']) {
      for (const target of targets)
        t.equal((await get(world, target, token)).status, 401, `${target} ${token}`)
      t.equal((await post(world, '/api/v1/trigger', { all: true }, token)).status, 401)
    }
    t.equal((await get(world, `/api/v1/units?token=${TOKEN}`, '')).status, 401, 'not in the query')
    matchAll(t, await get(world, '/api/v1/units'), {
      status: 200,
      json: {
        units: [
          { unit: 'web.service', image: image('web'), enabled_by: 'list', hooks: ['/hooks/github/web'] },
          {},
          {},
        ],
      },
    })
    t.strictSame(world.tasks(), [])
  },
  SETTINGS,
)

journey(
  'WEBHOOK_TOKEN is the token of the API where it has none of its own',
  async (t, world) => {
    t.equal((await get(world, '/api/v1/units', 'another-token-of-tests')).status, 200)
  },
  { WEBHOOK_TOKEN: 'another-token-of-tests' },
)

journey(
  'two windows limit the calls that ask for work; plans and lists are free',
  async (t, world) => {
    units(world)
    for (let index = 0; index < 3; index++) {
      t.equal((await post(world, '/api/v1/units/web/trigger', { dry_run: true })).status, 200)
    }
    const statuses: number[] = []
    for (let index = 0; index < 3; index++)
      statuses.push((await post(world, '/api/v1/units/web/trigger')).status)
    t.strictSame(statuses, [202, 202, 429])
    t.equal((await get(world, '/api/v1/tasks')).status, 200)
  },
  { ...SETTINGS, WEBHOOK_LIMIT1_COUNT: '2' },
)
