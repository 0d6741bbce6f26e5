// GitHub's keys, fetched by TLS from a server that the name is led to (fixtures/resolve.cjs). Only a good answer of the real name
// replaces what is here.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { id, image } from '../support/api.js'
import { AUDIENCE, jwk, jwks, OTHER_KEY } from '../support/jwt.js'
import { start } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const HOST = 'token.actions.githubusercontent.com'
const RESOLVE = join(import.meta.dirname, '../../fixtures/resolve.cjs')
const SETTINGS = {
  WEBHOOK_PUBLIC_URL: AUDIENCE,
  ACTIONS_ALLOW: '1296269 refs/heads/main web',
}
const GOOD = jwks(jwk())

type Answer = (response: ServerResponse, asked: string) => unknown

/** A world whose way out leads to `answer`, by a certificate for `name`. `trusted` is whether the program is told of it. */
async function withGitHub(t: Test, world: World, answer: Answer, { name = HOST, trusted = true } = {}) {
  const [key, cert] = [join(world.dir, 'key.pem'), join(world.dir, 'cert.pem')]
  const request = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -addext subjectAltName=DNS:${name}`
  execFileSync('openssl', [...request.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const asked: string[] = []
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    asked.push(`${request.method} https://${request.headers.host?.split(':')[0]}${request.url}`)
    answer(response, request.url ?? '')
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const env = {
    ...world.env,
    NODE_OPTIONS: `--require=${RESOLVE}`,
    RESOLVE_PORT: String((server.address() as AddressInfo).port),
    ...(trusted && { NODE_EXTRA_CA_CERTS: cert }),
  }
  const run = (...words: string[]) => start({ ...world, env }, ...words).end
  return { asked, run, fetch: () => run('run-task', '--fetch-keys') }
}

const fileOf = (world: World) => join(world.stateDir, 'keys-actions.json')
const kept = (world: World) => JSON.parse(readFileSync(fileOf(world), 'utf8'))

journey(
  'the timer’s run fetches them, from the one address, for their owner alone',
  async (t, world) => {
    world.setUnit('web.service', image('web'), id(1))
    world.setRegistry(image('web'), id(1))
    const { run, asked } = await withGitHub(t, world, response => response.end(GOOD))
    const { exitCode, stderr } = await run('--all', '--caller=timer')
    t.equal(exitCode, 0, stderr)
    t.strictSame(asked, [`GET https://${HOST}/.well-known/jwks`])
    const { kid, n, e } = jwk() as Record<string, string>
    t.strictSame(kept(world), { keys: [{ kty: 'RSA', kid, n, e }] })
    t.equal(statSync(fileOf(world)).mode & 0o777, 0o600)
    t.strictSame(
      readdirSync(world.stateDir).filter(name => name.endsWith('.new')),
      [],
    )
    t.equal((await run('--all', '--dry-run')).exitCode, 0)
    t.equal(asked.length, 1, 'a plan changes nothing')
  },
  SETTINGS,
)

journey('nothing is fetched where no job may do anything', async (t, world) => {
  const { fetch, run, asked } = await withGitHub(t, world, response => response.end(GOOD))
  world.setUnit('web.service', image('web'), id(1))
  world.setRegistry(image('web'), id(1))
  t.equal((await fetch()).exitCode, 0)
  t.equal((await run('--all')).exitCode, 0)
  t.strictSame(asked, [])
})

const WRONG: readonly (readonly [why: string, answer: Answer, said: RegExp, server?: object])[] = [
  ['an empty set', response => response.end(jwks()), /no RSA key/],
  ['a page', response => response.end('<html>'), /no RSA key/],
  ['an error', response => response.writeHead(500).end(GOOD), /status 500/],
  [
    'a redirect, which is not followed',
    (response, asked) =>
      asked === '/keys' ? response.end(GOOD) : response.writeHead(302, { Location: '/keys' }).end(),
    /status 302/,
  ],
  ['more than 64 KiB', response => response.end(GOOD + ' '.repeat(70_000)), /longer than 65536/],
  [
    'half an answer',
    response => response.writeHead(200, { 'Content-Length': 9999 }).write(GOOD, () => response.destroy()),
    /aborted|hang up/,
  ],
  ['another name', response => response.end(GOOD), /altname/i, { name: 'github.example' }],
  ['a certificate of nobody', response => response.end(GOOD), /self.signed/i, { trusted: false }],
]

for (const [why, answer, said, server] of WRONG)
  journey(
    `${why}: the keys that are here stay, and the upgrades are made`,
    async (t, world) => {
      world.setUnit('web.service', image('web'), id(1))
      world.setRegistry(image('web'), id(1))
      t.equal((await start(world, 'status').end).exitCode, 0)
      writeFileSync(fileOf(world), jwks(jwk(OTHER_KEY.publicKey)))
      const before = readFileSync(fileOf(world))
      const { fetch, run } = await withGitHub(t, world, answer, server)
      const { exitCode, stderr } = await fetch()
      t.equal(exitCode, 1)
      t.match(stderr, said)
      t.match(stderr, /^<4>GitHub's keys were not fetched from https:/m)
      t.equal((await run('--all')).exitCode, 0, 'a run is no failure because of it')
      t.strictSame(readFileSync(fileOf(world)), before)
    },
    SETTINGS,
  )
