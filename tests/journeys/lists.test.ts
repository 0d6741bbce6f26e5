// `events` and `tasks` at a terminal and through the API: the same rows, filters and pages. A table for people, in local
// time; --json for programs. Nothing that somebody sent can move a terminal's cursor.
import { execFileSync, spawn } from 'node:child_process'
import type { Test } from 'tap'
import { eventWithoutRequest, insertEvent } from '../../lib/store/events.js'
import { withStore } from '../../lib/store/session.js'
import { delivery, pushed, requestBytes } from '../support/request.js'
import { command, ended } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const TOKEN = 'a token of the api'
const SETTINGS = { WEBHOOK_MANUAL_TOKEN: TOKEN.replaceAll(' ', '-'), WEBHOOK_MANUAL_UNITS: 'web db' }
const image = (name: string): string => `ghcr.io/acme/${name}:latest`

/** A delivery for web, one for db, one for nobody, one with a bad signature: events 1 to 4, tasks 1 and 2. */
async function history(world: World): Promise<string[]> {
  for (const name of ['web', 'db']) world.setUnit(`${name}.service`, image(name), '0'.repeat(64))
  const ids: string[] = []
  for (const name of ['web', 'db', 'other']) {
    const { headers } = await world.send(delivery({ id: name, body: pushed(image(name)) }))
    ids.push(headers['x-request-id'] ?? '')
  }
  ids.push((await world.send(delivery({ secret: 'another' }))).headers['x-request-id'] ?? '')
  return ids
}

const shell = (world: World, env: object, ...args: string[]): string =>
  execFileSync('env', command({ ...world.env, ...env }, ...args)).toString()

const get = async (world: World, target: string) => {
  const { status, json } = await world.send(
    requestBytes('GET', target, [['Authorization', `Bearer ${SETTINGS.WEBHOOK_MANUAL_TOKEN}`]]),
  )
  return { status, json: json as Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> }
}

/** The same question at both places. */
async function ids(t: Test, world: World, list: string, filters: Readonly<Record<string, string>>) {
  const args = Object.entries(filters).map(([name, value]) => `--${name.replace('_', '-')}=${value}`)
  const told = world.cli(list, ...args).map(({ id }) => id)
  const { status, json } = await get(world, `/api/v1/${list}?${new URLSearchParams(filters)}`)
  t.equal(status, 200)
  t.strictSame(
    json[list]?.map(({ id }) => id),
    told,
    `${list} ${args.join(' ')}: the API says the same`,
  )
  return told
}

journey(
  'filters and pages, the same at both places',
  async (t, world) => {
    const [first = ''] = await history(world)
    t.strictSame(await ids(t, world, 'tasks', {}), [2, 1])
    t.strictSame(await ids(t, world, 'tasks', { unit: 'web' }), [1])
    t.strictSame(await ids(t, world, 'tasks', { status: 'queued', limit: '1' }), [2])
    t.strictSame(await ids(t, world, 'tasks', { before: '2' }), [1])
    t.strictSame(await ids(t, world, 'tasks', { status: 'done' }), [])
    t.strictSame(await ids(t, world, 'events', { status: '401' }), [4])
    t.strictSame(await ids(t, world, 'events', { status: '202', limit: '1' }), [2])
    t.strictSame(await ids(t, world, 'events', { unit: 'web' }), [1], 'the one that made a task for it')
    t.strictSame(await ids(t, world, 'events', { request_id: first }), [1])
    t.strictSame(await ids(t, world, 'events', { action: 'hook-github', before: '3' }), [2, 1])
    t.strictSame(await ids(t, world, 'events', { since: '2999-01-01' }), [])
  },
  SETTINGS,
)

journey(
  'a table for people: newest first, local time, what came of it',
  async (t, world) => {
    await history(world)
    const lines = shell(world, { TZ: 'Asia/Tokyo' }, 'events').split('\n')
    t.match(lines[0], /^ID +TIME +STATUS +REQUEST +RESULT/)
    t.match(lines[1], /^4 .* 401 +POST \/hooks\/github/)
    t.match(lines[2], /^3 .* 200 .* no enabled unit runs this image$/)
    t.match(lines[3], /^2 .* 202 .* task 2$/)
    const utc = shell(world, { TZ: 'UTC' }, 'events').split('\n')[1] ?? ''
    const hour = (line = '') => Number(/ ([0-9]{2}):[0-9]{2}/.exec(line)?.[1])
    t.equal(hour(lines[1]), (hour(utc) + 9) % 24, 'nine hours later in Tokyo')
    const tasks = shell(world, {}, 'tasks').split('\n')
    t.match(tasks[0], /^ID +TIME +UNIT +RESULT +WHY/)
    t.match(tasks[1], /^2 .* db\.service +queued/)
  },
  SETTINGS,
)

journey('what a stranger sent moves no cursor', async (t, world) => {
  await world.send(requestBytes('GET', '/%1b[2J\u009b31m')) // is no request, so its path is not kept
  const kept = {
    path: '/\u001b[2J\u009b31m\u202e',
    method: 'GET\r',
    action: 'http',
    status: 404,
    unit: undefined,
    meta: {},
  }
  withStore(world.stateDir, store => insertEvent(store, eventWithoutRequest(kept))) // as a file of others could have it
  await world.send(requestBytes('GET', `/${'long'.repeat(500)}`))
  const shown = shell(world, {}, 'events')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  t.notMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.ok(Math.max(...shown.split('\n').map(line => line.length)) < 400, 'and fills no screen')
})

journey(
  'one task, whole; and one that is not there',
  async (t, world) => {
    await history(world)
    t.match(
      shell(world, {}, 'tasks', '1'),
      /^task 1: web\.service queued\n {2}asked {5}\S+ \S+, by github\n {2}image/,
    )
    t.match(JSON.parse(shell(world, {}, 'tasks', '1', '--json')), {
      id: 1,
      unit: 'web.service',
      state: 'queued',
    })
    const gone = await ended(
      spawn('env', command(world.env, 'tasks', '99'), { stdio: ['ignore', 'ignore', 'pipe'] }),
    )
    t.equal(gone.exitCode, 64)
    t.match(gone.stderr, /there is no task 99/)
    t.equal((await get(world, '/api/v1/tasks/99')).status, 404)
  },
  SETTINGS,
)

journey(
  'a wrong filter: every one of them is named',
  async (t, world) => {
    const args = ['events', '--limit=0', '--status=blue', '--since=whenever']
    const { stderr, exitCode } = await ended(
      spawn('env', command(world.env, ...args), { stdio: ['ignore', 'ignore', 'pipe'] }),
    )
    t.equal(exitCode, 64)
    for (const field of ['limit', 'status', 'since']) t.match(stderr, `${field} must`)
    const { status, json } = await get(world, '/api/v1/events?limit=0&status=blue&since=whenever&colour=red')
    t.equal(status, 422)
    t.strictSame(json['errors']?.map(({ field }) => field).sort(), ['colour', 'limit', 'since', 'status'])
  },
  SETTINGS,
)
