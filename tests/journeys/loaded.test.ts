// What a request loads, as V8 tells it: the process is started for it, so a file more is time more, for every stranger.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AUDIENCE, jwt } from '../support/jwt.js'
import { matchAll } from '../support/match-all.js'
import { call, delivery, HEALTH, requestBytes } from '../support/request.js'
import { overSocket } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const TOKEN = 'token-not-for-anything'
const SQLITE = 'node-sqlite3-wasm.cjs'
const ENTRY = 'pod-upgrade-trigger.cjs'
const KNOWN = [ENTRY, 'request-respond.cjs']
const JSON_TYPE = [
  ['Content-Type', 'application/json'],
  ['Content-Length', '2'],
] as const
const QUAY = requestBytes('POST', '/hooks/quay?token=wrong', JSON_TYPE, '{}')
const CALLER = 'actions-caller.cjs'
const HOOK = [...KNOWN, 'senders-known-github.cjs']

/** The program's own files, by name. */
async function loaded(world: World, bytes: Buffer): Promise<{ status: number; files: string[] }> {
  const dir = join(world.dir, 'coverage')
  const { status } = await overSocket({ ...world.env, NODE_V8_COVERAGE: dir }, socket => socket.write(bytes))
  const seen = readdirSync(dir).flatMap(name => JSON.parse(readFileSync(join(dir, name), 'utf8')).result)
  const files = seen.map(({ url }) => String(url)).filter(url => /^file:.*\.cjs$/.test(url))
  return { status, files: files.map(url => basename(url)).sort() }
}

for (const [why, bytes, status, files] of [
  ['health', HEALTH, 200, [ENTRY]],
  ['an unknown path, which is recorded', requestBytes('GET', '/nowhere'), 404, KNOWN],
  ['a wrong signature', delivery({ secret: 'another' }), 401, HOOK],
  ['no proof of another sender, whose file alone is loaded', QUAY, 401, [...KNOWN, 'senders-known-quay.cjs']],
  ['a wrong token', call('POST', '/api/v1/trigger', 'wrong', {}), 401, KNOWN],
  ['a forged token of GitHub Actions', call('POST', '/api/v1/trigger', 'a.b.c', {}), 401, [...KNOWN, CALLER]],
  [
    'one whose key is not here, which asks for it',
    call('POST', '/api/v1/trigger', jwt(), {}),
    401,
    [...KNOWN, CALLER, 'actions-ask.cjs', SQLITE],
  ],
  [
    'a list, which needs the state',
    call('GET', '/api/v1/tasks', TOKEN),
    200,
    [...KNOWN, 'request-api.cjs', SQLITE],
  ],
  ['the page to who may not look', requestBytes('GET', '/'), 401, KNOWN],
  [
    'the page: not what the command line needs, nor execa',
    call('GET', '/', TOKEN),
    200,
    [...KNOWN, 'page-answer.cjs', SQLITE],
  ],
  ['a delivery: not execa, which is for long work', delivery(), 202, [...HOOK, 'request-hook.cjs', SQLITE]],
] as const) {
  journey(
    `${why}: ${files.join(', ')}`,
    async (t, world) => {
      world.setUnit('web.service', IMAGE, '0'.repeat(64))
      t.strictSame(await loaded(world, bytes), { status, files: [...files].sort() })
      const isLook = why === 'health' || (why.startsWith('the page') && status === 200)
      matchAll(t, world.events(), isLook ? [] : [{ status }], 'and what is recorded')
    },
    {
      WEBHOOK_MANUAL_TOKEN: TOKEN,
      QUAY_WEBHOOK_SECRET: TOKEN,
      WEBHOOK_PUBLIC_URL: AUDIENCE,
      ACTIONS_ALLOW: '1296269 refs/heads/main web',
    },
  )
}
