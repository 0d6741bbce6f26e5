// A signed delivery becomes a task: over every kind of standard input, for a unit by name and by image, and what is
// answered when there is nothing to do. The bytes go through the built program; systemd, podman and quadlet are fakes.
import { matchAll } from '../support/match-all.js'
import { delivery, pushed } from '../support/request.js'
import { BINARY, type Reply } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const ID = '72d3162e-cc78-11e3-81ab-4c9367dc0958'

const startLine = (world: World, id: number): string =>
  `systemd-run --collect --no-block --quiet --unit=pod-upgrade-trigger-task-${id}.service` +
  ` --description=pod-upgrade-trigger task ${id} --slice=pod-upgrade-trigger.slice` +
  ' --property=RuntimeMaxSec=3720 --property=TimeoutStopSec=30' +
  ' --property=Restart=on-failure --property=RestartSec=5 --property=RestartPreventExitStatus=1 64 78' +
  ' --property=StartLimitIntervalSec=3600 --property=StartLimitBurst=5' +
  ` --setenv=WEBHOOK_ENV_FILE=${world.dir}/env --setenv=WEBHOOK_STATE_DIR=${world.stateDir}` +
  ` --setenv=WEBHOOK_SCOPE=system -- ${process.execPath} ${BINARY} run-task ${id}`

const WAYS: readonly (readonly [name: string, send: (world: World, bytes: Buffer) => Promise<Reply>])[] = [
  ['a socket', (world, bytes) => world.send(bytes)],
  ['a pipe', (world, bytes) => world.sendPipe(bytes)],
  ['a pipe that stays open', (world, bytes) => world.sendPipe(bytes, true)],
  ['a file', (world, bytes) => world.sendFile(bytes)],
]

for (const [name, send] of WAYS) {
  journey(`through ${name}`, async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    const answer = await send(world, delivery())
    t.equal(answer.status, 202)
    t.equal(answer.exitCode, 0)
    matchAll(t, answer.json, {
      request_id: answer.headers['x-request-id'],
      status: 'accepted',
      tasks: [{ id: 1, unit: 'web.service', image: IMAGE, state: 'queued' }],
    })
    t.match(answer.headers, { 'content-type': /^application\/json$/, connection: /^close$/ })
    t.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)))
    t.match(answer.stderr, /^<5>- POST \/hooks\/github 202 [0-9]+ ms [0-9a-f-]{36} task 1\n$/)
    t.strictSame(world.calls('systemd-run'), [startLine(world, 1)])
    matchAll(t, world.events(), [
      {
        request_id: answer.headers['x-request-id'],
        method: 'POST',
        path: '/hooks/github',
        status: 202,
        action: 'hook-github',
        delivery: `github:${ID}`,
        task_ids: [1],
      },
    ])
    matchAll(t, world.tasks(), [{ id: 1, unit: 'web.service', image: IMAGE, state: 'queued', attempts: 0 }])
  })
}

const TWO = { WEBHOOK_MANUAL_UNITS: 'web twin' }

journey(
  'a unit by its name, and no other that runs the same image',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.setUnit('twin.service', IMAGE, OLD)
    const { status, json } = await world.send(delivery({ target: '/hooks/github/twin' }))
    t.equal(status, 202)
    matchAll(t, json, { tasks: [{ unit: 'twin.service' }] })
    t.strictSame(world.calls('systemd-run'), [startLine(world, 1)])
    matchAll(t, world.events(), [{ path: '/hooks/github/twin', unit: 'twin.service' }])
  },
  TWO,
)

journey(
  'every unit that runs the image, under whatever spelling',
  async (t, world) => {
    world.setUnit('web.service', 'GHCR.io/acme/web', OLD)
    world.setUnit('twin.service', IMAGE, OLD)
    world.setUnit('not-enabled.service', IMAGE, OLD)
    const { status, json } = await world.send(delivery({ body: pushed('ghcr.io/ACME/Web:latest') }))
    t.equal(status, 202)
    t.strictSame(
      (json as { tasks: { unit: string }[] }).tasks.map(({ unit }) => unit),
      ['web.service', 'twin.service'],
    )
    t.strictSame(world.calls('systemd-run').sort(), [startLine(world, 1), startLine(world, 2)])
    matchAll(t, world.events(), [{ task_ids: [1, 2] }])
  },
  TWO,
)

journey(
  'a unit without a quadlet, by its container',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    const { json } = await world.send(delivery())
    matchAll(t, json, { status: 'accepted', tasks: [{ unit: 'web.service', image: IMAGE }] })
  },
  { WEBHOOK_QUADLET_GENERATOR: '/bin/true' },
)

journey(
  'redeploy restarts in any case',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    const { status } = await world.send(delivery({ target: '/hooks/github/web/redeploy' }))
    t.equal(status, 202)
    matchAll(t, world.tasks(), [{ unit: 'web.service', force: true, state: 'queued' }])
  },
  { WEBHOOK_REDEPLOY: '1' },
)

journey('two pushes in a row make one queued task', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  const first = await world.send(delivery({ id: 'one', body: pushed(IMAGE, { n: 1 }) }))
  const second = await world.send(delivery({ id: 'two', body: pushed(IMAGE, { n: 2 }) }))
  t.strictSame([first.status, second.status], [202, 202])
  matchAll(t, second.json, { status: 'accepted', tasks: [{ id: 1 }] })
  t.equal(world.tasks().length, 1)
  matchAll(t, world.events(), [{ task_ids: [1] }, { task_ids: [1] }], 'both events led to it')
})

interface Nothing {
  readonly why: string
  readonly target?: string
  readonly pushed?: string
  readonly event?: string
  readonly told: Readonly<Record<string, unknown>>
}

/** web.service follows :latest; nothing else is enabled. */
const NOTHING: readonly Nothing[] = [
  {
    why: 'a unit that is not enabled',
    target: '/hooks/github/sshd',
    told: { reason: 'unit not enabled', unit: 'sshd.service' },
  },
  {
    why: 'a unit that is not enabled, whatever it runs',
    target: '/hooks/github/other/redeploy',
    told: { reason: 'unit not enabled', unit: 'other.service' },
  },
  {
    why: 'another image',
    target: '/hooks/github/web',
    pushed: 'ghcr.io/acme/api:latest',
    told: {
      reason: 'another image was pushed',
      unit: 'web.service',
      unit_image: IMAGE,
      pushed: ['ghcr.io/acme/api:latest'],
    },
  },
  {
    why: 'another image, forced',
    target: '/hooks/github/web/redeploy',
    pushed: 'ghcr.io/acme/api:latest',
    told: {
      reason: 'another image was pushed',
      unit: 'web.service',
      unit_image: IMAGE,
      pushed: ['ghcr.io/acme/api:latest'],
    },
  },
  {
    why: 'another tag: a build cache',
    target: '/hooks/github/web',
    pushed: 'ghcr.io/acme/web:buildcache',
    told: {
      reason: 'another tag was pushed',
      unit: 'web.service',
      unit_image: IMAGE,
      pushed: ['ghcr.io/acme/web:buildcache'],
    },
  },
  {
    why: 'an image that nobody runs',
    pushed: 'ghcr.io/acme/api:latest',
    told: { reason: 'no enabled unit runs this image', pushed: ['ghcr.io/acme/api:latest'] },
  },
  { why: 'a ping, with the body of a push', event: 'ping', told: { reason: 'ping' } },
]

journey(
  'authenticated, and nothing to do: 200 with the reason',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.setUnit('other.service', IMAGE, OLD)
    for (const { why, told, pushed: reference, ...parts } of NOTHING) {
      const { status, json, stderr } = await world.send(delivery({ ...parts, body: pushed(reference) }))
      const { request_id: _, ...said } = json as Record<string, unknown>
      t.equal(status, 200, why)
      t.strictSame(said, { status: 'ignored', ...told }, why)
      t.match(stderr, String(told['reason']), `${why}: the journal has it`)
    }
    t.strictSame(world.tasks(), [])
    t.strictSame([...world.calls('systemd'), ...world.calls('podman')], [], 'nothing was touched')
    t.strictSame(
      world.events().map(({ meta }) => (meta as Record<string, unknown>)['ignored']),
      NOTHING.map(({ told }) => told['reason']).reverse(),
    )
  },
  { WEBHOOK_REDEPLOY: '1' },
)
