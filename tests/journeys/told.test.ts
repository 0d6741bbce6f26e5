// The commands of units/doc/upgrades.md with which people are told, as they stand there, but for the host they tell. Each tells a stand-in that
// speaks the service's own protocol. Apprise's is told in tests/lab/told.ts, where it is installed.
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'
import { githubApi } from '../support/github-api.js'
import { section } from '../support/manual.js'
import { matchAll } from '../support/match-all.js'
import { run, start } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const ROOT = join(import.meta.dirname, '../..')
const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const [OLD, NEW, BAD] = ['0', '1', '2'].map(digit => digit.repeat(64)) as [string, string, string]
const SENTENCE = 'web.service updated (000000000000 -> 111111111111)'

/** The line of that page with that word, in the env file; `changes` are made to it. */
function configure(world: World, word: string, changes: readonly (readonly [string, string])[] = []): void {
  const [line = '', ...more] = section('To be told')
    .split('\n')
    .filter(it => it.startsWith('WEBHOOK_NOTIFY_COMMAND=') && it.includes(word))
  if (line === '' || more.length > 0)
    throw new Error(`units/doc/upgrades.md should have one command with ${word}`)
  const changed = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the command has no ${from}: ${text}`)
    return text.replace(from, to)
  }, line)
  writeFileSync(world.env.WEBHOOK_ENV_FILE, `${changed}\n`, { flag: 'a' })
}

function pushedTo(world: World): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
}

async function address(t: Test, server: Server): Promise<string> {
  t.teardown(() => server.close())
  if (!server.listening) await new Promise(resolve => server.on('listening', resolve))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

journey('ntfy: the sentence, as its API wants it', async (t, world) => {
  const told: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    told.push({ url: `${request.method} ${request.url}`, headers: request.headers, body })
    const message = {
      id: 'sPs71M8A2T',
      time: 1735941600,
      event: 'message',
      topic: 'your-topic',
      message: body,
    }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(message)}\n`)
  }).listen(0, '127.0.0.1')
  configure(world, 'ntfy.sh', [['https://ntfy.sh', await address(t, server)]])
  pushedTo(world)
  t.notMatch((await run(world)).stderr, 'WEBHOOK_NOTIFY_COMMAND')
  matchAll(t, told, [{ url: 'POST /your-topic', headers: { title: 'upgrade' }, body: `${SENTENCE}\n` }])
})

journey('ntfy: what it refuses is a warning, with its status', async (t, world) => {
  const server = createServer((_, response) => response.writeHead(429).end('{"code":42908}')).listen(
    0,
    '127.0.0.1',
  )
  configure(world, 'ntfy.sh', [['https://ntfy.sh', await address(t, server)]])
  pushedTo(world)
  const { stderr, exitCode } = await run(world)
  t.match(stderr, /^<4>WEBHOOK_NOTIFY_COMMAND: exit status 22 curl: \(22\).*429/m)
  t.equal(exitCode, 0)
})

journey('e-mail: a message that says whom it is for', async (t, world) => {
  configure(world, 'sendmail')
  pushedTo(world)
  t.notMatch((await run(world)).stderr, 'WEBHOOK_NOTIFY_COMMAND')
  t.equal(world.read('mail'), `To: you@example.org\nSubject: upgrade\n\n${SENTENCE}\n`)
})

const TOKEN = 'ghp_not-for-anything'
const COMMITS = { [OLD]: 'a'.repeat(40), [NEW]: 'b'.repeat(40), [BAD]: 'c'.repeat(40) }
const SCRIPT = '/usr/share/pod-upgrade-trigger/'

/** A world that tells a GitHub, whose images say where they are from. */
async function onGithub(
  t: Test,
  world: World,
  { token = TOKEN, source = 'https://github.com/acme/web.git', more = '' } = {},
) {
  const github = githubApi('acme/web', Object.values(COMMITS), TOKEN)
  const api = await address(t, github.server)
  const file = join(world.dir, 'github-token')
  writeFileSync(file, `${token}\n`)
  configure(world, 'github-deployment.sh', [
    ['GITHUB_TOKEN_FILE=/etc/github-token', `GITHUB_API_URL=${api} ${more} GITHUB_TOKEN_FILE=${file}`],
    [SCRIPT, `${ROOT}/units/share/pod-upgrade-trigger/`],
  ])
  for (const [id, commit] of Object.entries(COMMITS)) {
    world.fake(`label-source-${id}`, `${source}\n`)
    world.fake(`label-revision-${id}`, `${commit}\n`)
  }
  pushedTo(world)
  /** Each commit that was told, with its states. */
  const told = () =>
    github.deployments.map(({ sha, statuses }) => [sha[0], ...statuses.map(({ state }) => state)])
  return { github, told }
}

journey(
  'GitHub: a commit that runs, one that was rolled back, and one that a person took back',
  async (t, world) => {
    const { github, told } = await onGithub(t, world)
    const quiet = async (...args: string[]) =>
      t.notMatch((await start(world, ...args).end).stderr, 'WEBHOOK_NOTIFY_COMMAND')
    await quiet('--all')
    t.strictSame(told(), [['b', 'success']])
    matchAll(t, github.deployments, [
      { environment: /^web\.service on \S+$/, statuses: [{ description: SENTENCE }] },
    ])

    world.setRegistry(IMAGE, BAD)
    world.fake(`bad-${BAD}`, 'failed\n')
    await quiet('--all')
    t.strictSame(told(), [
      ['b', 'success', 'success'],
      ['c', 'failure'],
    ])

    await quiet('rollback', 'web', '--reason', 'slow')
    t.equal(world.running(UNIT), OLD)
    t.strictSame(told(), [
      ['b', 'success', 'success', 'inactive'],
      ['c', 'failure'],
      ['a', 'success'],
    ])
    t.strictSame(github.leaks, [], 'the token was in no command line')
  },
)

journey(
  'GitHub: a token that it does not know is a warning, and the upgrade is what it was',
  async (t, world) => {
    const { told } = await onGithub(t, world, { token: 'another' })
    const { stderr, tasks } = await run(world)
    t.match(stderr, /^<4>WEBHOOK_NOTIFY_COMMAND: .*401/m)
    t.notMatch(stderr, 'another')
    matchAll(t, tasks, [{ outcome: 'updated' }])
    t.strictSame(told(), [])
  },
)

for (const [why, source] of [
  ['says nothing of itself', ''],
  ['is from elsewhere', 'https://git.example/acme/web'],
  ['says a path that would be another of the API', 'https://github.com/acme/../user'],
] as const) {
  journey(`GitHub: of an image that ${why} nothing is told`, async (t, world) => {
    const { told } = await onGithub(t, world, { source })
    t.notMatch((await run(world)).stderr, 'WEBHOOK_NOTIFY_COMMAND')
    t.strictSame(told(), [])
  })
}

journey('GitHub: of owners that are not named nothing is told, who would refuse it', async (t, world) => {
  const { told } = await onGithub(t, world, { more: 'GITHUB_REPOSITORY_OWNER=you' })
  t.notMatch((await run(world)).stderr, 'WEBHOOK_NOTIFY_COMMAND')
  t.strictSame(told(), [])
})

journey('GitHub: one of your own, and an environment with a name', async (t, world) => {
  const source = 'https://git.example/acme/web'
  const more =
    'GITHUB_REPOSITORY_OWNER=acme GITHUB_SERVER_URL=https://git.example DEPLOYMENT_ENVIRONMENT=production'
  const { github } = await onGithub(t, world, { source, more })
  t.notMatch((await run(world)).stderr, 'WEBHOOK_NOTIFY_COMMAND')
  matchAll(t, github.deployments, [{ environment: 'production', statuses: [{ state: 'success' }] }])
})
