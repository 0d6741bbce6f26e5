// When something of our own is wrong: the answer says whose fault it is and when to try again, the journal says what
// to do, and neither says a secret. /health depends on nothing, so that it can still be answered.
import { appendFileSync, chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { call, delivery, HEALTH, SECRET } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)
const FAKE_GENERATOR = join(import.meta.dirname, '../../fixtures/bin/quadlet-generator')

journey('systemd does not take the task: 503, and it stays queued', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  world.fake('fail-systemd-run', 'Failed to connect to bus: No such file or directory\n')
  const { status, headers, json, stderr } = await world.send(delivery())
  t.equal(status, 503)
  t.equal(headers['retry-after'], '60')
  t.match(json, { status: 503, detail: /recorded/, request_id: headers['x-request-id'] })
  t.match(stderr, 'Failed to connect to bus')
  t.equal(world.calls('systemd-run').length, 1, 'asked once')
  matchAll(t, world.tasks(), [{ id: 1, state: 'queued' }])
  matchAll(t, world.events(), [{ status: 503, task_ids: [1] }])
})

journey(
  'no secret is configured: 503 to everybody, and nothing is verified with an empty one',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    for (const bytes of [
      delivery(),
      delivery({ secret: '' }),
      delivery({ headers: { 'X-Hub-Signature-256': undefined } }),
    ]) {
      const { status, headers, json, stderr } = await world.send(bytes)
      t.equal(status, 503)
      t.match(headers['retry-after'], /^[0-9]+$/)
      t.notMatch(JSON.stringify(json), 'GITHUB_WEBHOOK_SECRET', 'a stranger is not told what is missing')
      t.match(stderr, 'GITHUB_WEBHOOK_SECRET is not set')
    }
    t.strictSame(world.tasks(), [])
  },
  { GITHUB_WEBHOOK_SECRET: '' },
)

journey(
  'a broken configuration: 503 for a delivery, 200 for /health, and nothing is written',
  async (t, world) => {
    const refused = await world.send(delivery())
    t.equal(refused.status, 503)
    t.equal(refused.exitCode, 0, 'a request leaves no failed unit behind')
    t.notMatch(refused.body, /WEBHOOK_|hunter2/)
    t.match(refused.stderr, 'WEBHOOK_SCOPE must be system or user; see env.template')
    t.match(refused.stderr, 'WEBHOOK_MAX_BODY_BYTES must be a whole number; see env.template')
    t.notMatch(refused.stderr, 'hunter2')
    const health = await world.send(HEALTH)
    t.equal(health.status, 200)
    t.match(health.json, { status: 'ok' })
    t.equal(health.stderr, '')
    t.equal(existsSync(world.stateDir), false)
  },
  { WEBHOOK_SCOPE: 'hunter2', WEBHOOK_MAX_BODY_BYTES: 'hunter2' },
)

journey('/health answers without the state directory, and to HEAD without a body', async (t, world) => {
  const get = await world.send(HEALTH)
  const head = await world.send(Buffer.from('HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n'))
  t.strictSame([get.status, head.status], [200, 200])
  t.match(get.json, { status: 'ok', version: /^[0-9]+\.[0-9]+\.[0-9]+/ })
  t.equal(head.body, '')
  t.equal(head.headers['content-length'], String(get.body.length))
  t.equal(existsSync(world.stateDir), false)
  t.equal(get.stderr + head.stderr, '', 'and is not worth a line')
})

journey('an env file that is gone: 503, /health answers', async (t, world) => {
  world.env.WEBHOOK_ENV_FILE = join(world.dir, 'gone')
  const { status, stderr } = await world.send(delivery())
  t.equal(status, 503)
  t.match(stderr, /WEBHOOK_ENV_FILE: .*gone cannot be read \(ENOENT\)/)
  t.equal((await world.send(HEALTH)).status, 200)
})

journey('the secret given twice: 503, whichever is right', async (t, world) => {
  writeFileSync(join(world.dir, 'secret'), SECRET)
  writeFileSync(world.env.WEBHOOK_ENV_FILE, `GITHUB_WEBHOOK_SECRET_FILE=${world.dir}/secret\n`, { flag: 'a' })
  const { status, stderr } = await world.send(delivery())
  t.equal(status, 503)
  t.match(stderr, 'GITHUB_WEBHOOK_SECRET is given more than once')
})

journey('a state directory that is a file: 503 with advice', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  writeFileSync(world.stateDir, '')
  const { status, headers, stderr, exitCode } = await world.send(delivery())
  t.equal(status, 503)
  t.equal(headers['retry-after'], '60')
  t.equal(exitCode, 0)
  t.match(stderr, /state.*; .*WEBHOOK_STATE_DIR/)
  t.strictSame(world.calls('systemd-run'), [], 'what is not recorded is not started')
})

journey('a database that is garbage: kept aside, and a new one begun', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  await world.send(delivery({ id: 'one' }))
  writeFileSync(
    join(world.stateDir, 'events.db'),
    'not a database, but long enough to be looked at\n'.repeat(200),
  )
  const { status, stderr } = await world.send(delivery({ id: 'two' }))
  t.equal(status, 202)
  t.match(stderr, /events\.db is corrupt: kept as .*events\.db\.corrupt-/)
})

journey(
  'one file that the generator does not understand stopped every upgrade of the host',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.setRegistry(IMAGE, NEW)
    const generator = join(world.dir, 'generator')
    const why = 'quadlet-generator[7]: converting "other.container": unsupported key'
    const lines = ['#!/bin/sh', `${FAKE_GENERATOR} "$@"`, `echo '${why}' >&2`, 'exit 1', '']
    writeFileSync(generator, lines.join('\n'))
    chmodSync(generator, 0o755)
    writeFileSync(world.env.WEBHOOK_ENV_FILE, `WEBHOOK_QUADLET_GENERATOR=${generator}\n`, { flag: 'a' })
    matchAll(t, world.cli('units'), [{ unit: 'web.service', image: IMAGE }])
    const { exitCode, stderr } = await run(world, 'web')
    t.equal(exitCode, 0)
    t.notMatch(stderr, /other/, 'the broken one is named by the doctor, and by nothing else')
    matchAll(t, world.tasks(), [{ outcome: 'updated' }])
  },
)

journey('of its own unit the generator makes nothing any more: it is not touched', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
  world.fake('units/web.service/source', '/etc/containers/systemd/web.container')
  writeFileSync(world.env.WEBHOOK_ENV_FILE, 'WEBHOOK_QUADLET_GENERATOR=/bin/true\n', { flag: 'a' })
  await run(world, 'web')
  matchAll(t, world.tasks(), [
    {
      outcome: 'failed',
      report: { why: /makes nothing of \/etc\/containers\/systemd\/web.container any more/ },
    },
  ])
  t.strictSame([...world.calls('systemctl daemon-reload'), ...world.calls('systemctl restart')], [])
})

journey('a generator that fails: 502, and the journal has what it said', async (t, world) => {
  const generator = join(world.dir, 'generator')
  writeFileSync(generator, '#!/bin/sh\necho "quadlet: no such luck" >&2\nexit 1\n')
  chmodSync(generator, 0o755)
  writeFileSync(world.env.WEBHOOK_ENV_FILE, `WEBHOOK_QUADLET_GENERATOR=${generator}\n`, { flag: 'a' })
  const { status, body, stderr } = await world.send(delivery())
  t.equal(status, 502)
  t.notMatch(body, 'luck')
  t.match(stderr, 'no such luck')
  t.strictSame(world.tasks(), [])
})

const ASKED = { WEBHOOK_TOKEN: 'token-of-what-is-broken', WEBHOOK_AUTO_DISCOVER: '1' }
const askUnits = (world: World) => world.send(call('GET', '/api/v1/units', ASKED.WEBHOOK_TOKEN))

journey(
  'what podman prints and nobody understands is no bug of ours: 502, as where it fails',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.fake(
      'strangers',
      '{"Id":"c","Image":"x:1","ImageID":"i","State":"running","Labels":{"PODMAN_SYSTEMD_UNIT":null}}',
    )
    t.equal((await askUnits(world)).status, 200, 'a label without a value is none')
    world.fake('strangers', '{"Id":7}')
    const { status, stderr } = await askUnits(world)
    t.equal(status, 502)
    t.match(stderr, /podman ps: printed what is not understood/)
  },
  ASKED,
)

journey('a comment in a file of tokens opened the API', async (t, world) => {
  writeFileSync(join(world.dir, 'tokens'), `#\n# the old one\n${ASKED.WEBHOOK_TOKEN}\n`)
  appendFileSync(join(world.dir, 'env'), `WEBHOOK_TOKEN_FILE=${join(world.dir, 'tokens')}\n`)
  const { status, stderr } = await world.send(call('GET', '/api/v1/units', '#'))
  t.equal(status, 503)
  t.match(stderr, /WEBHOOK_TOKEN line 1 is a comment/)
})
