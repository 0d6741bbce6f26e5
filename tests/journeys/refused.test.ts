// What an upgrade leaves alone and says so, how it pulls, and what a person finds in its report afterwards.
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)

function moved(world: World): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
}

const touched = (world: World): string[] => [
  ...world.calls('podman pull'),
  ...world.calls('systemctl restart'),
]

interface Left {
  readonly why: string
  readonly image?: string
  readonly files?: Readonly<Record<string, string>>
  readonly outcome: string
  readonly told: RegExp
}

const IMAGE_QUADLET = `---base-image.service---
[X-Image]
Image=${IMAGE}

[Unit]
SourcePath=/etc/containers/systemd/base.image
`
/** What the generator makes of it, with that option. */
const pullCommand = (option: string): string => `/usr/bin/podman image pull ${option} ${IMAGE}`

const LEFT: readonly Left[] = [
  {
    why: 'a masked unit',
    files: { [`units/${UNIT}/load`]: 'masked\n' },
    outcome: 'skipped',
    told: /^the unit is masked$/,
  },
  {
    why: 'a unit that systemd does not know',
    files: { [`units/${UNIT}/load`]: 'not-found\n' },
    outcome: 'failed',
    told: /^the unit is not loaded \(LoadState=not-found\)$/,
  },
  {
    why: 'a unit that does not load',
    files: { [`units/${UNIT}/load`]: 'bad-setting\n' },
    outcome: 'failed',
    told: /bad-setting/,
  },
  {
    why: 'a stopped unit',
    files: { [`units/${UNIT}/state`]: 'inactive\n', [`units/${UNIT}/running`]: '' },
    outcome: 'skipped',
    told: /^the unit is stopped; --force starts it$/,
  },
  {
    why: 'an image pinned by its digest, beside a tag',
    image: `${IMAGE}@sha256:${'a'.repeat(64)}`,
    outcome: 'skipped',
    told: /^the image is pinned by its digest: change Image= to upgrade$/,
  },
  {
    why: 'Creds=, a password on a command line',
    files: {
      [`units/${UNIT}/quadlet-image`]: 'base.image',
      'more-quadlets': IMAGE_QUADLET,
      'command-base-image.service': pullCommand('--creds acme:hunter2'),
    },
    outcome: 'failed',
    told: /Creds= would show the password to everybody on a command line: use AuthFile=, or podman login$/,
  },
]

for (const { why, image = IMAGE, files = {}, outcome, told } of LEFT) {
  journey(`${why}: left alone, with the reason`, async (t, world) => {
    world.setUnit(UNIT, image, OLD)
    world.setRegistry(image, NEW)
    for (const [name, text] of Object.entries(files)) world.fake(name, text)
    const { exitCode, tasks, stdout } = await run(world, 'web')
    matchAll(t, tasks, [{ outcome, report: { why: told } }])
    t.equal(exitCode, outcome === 'failed' ? 1 : 0)
    t.strictSame(touched(world), [], 'neither pulled nor restarted')
    t.notMatch(stdout + world.read('calls'), 'hunter2')
  })
}

journey('a stopped unit, forced: it is started on the new image', async (t, world) => {
  moved(world)
  world.fake(`units/${UNIT}/state`, 'inactive\n')
  world.fake(`units/${UNIT}/running`, '')
  matchAll(t, (await run(world, 'web', '--force')).tasks, [{ outcome: 'updated' }])
  t.equal(world.running(UNIT), NEW)
})

journey('a local image is not pulled: what was built is restarted into', async (t, world) => {
  world.setUnit(UNIT, 'localhost/web:dev', OLD)
  world.fake('local/localhost%web:dev', NEW)
  world.fake(`images/${NEW}`, '')
  matchAll(t, (await run(world)).tasks, [
    { outcome: 'updated', report: { old: { id: OLD }, new: { id: NEW } } },
  ])
  t.strictSame(world.calls('podman pull'), [])
  t.equal(world.running(UNIT), NEW)
})

journey('AuthFile= of the .image unit is what is pulled with', async (t, world) => {
  moved(world)
  world.fake(`units/${UNIT}/quadlet-image`, 'base.image')
  world.fake('more-quadlets', IMAGE_QUADLET)
  world.fake('command-base-image.service', pullCommand('--authfile=/etc/registry/auth.json'))
  matchAll(t, (await run(world)).tasks, [{ outcome: 'updated' }])
  t.strictSame(world.calls('podman pull'), [
    `podman pull --quiet --authfile=/etc/registry/auth.json -- ${IMAGE}`,
  ])
})

const PULLS: readonly (readonly [why: string, says: string, times: number])[] = [
  ['a registry that is down', 'dial tcp 192.0.2.1:443: connect: connection refused', 3],
  ['no permission', 'reading manifest: unauthorized: authentication required', 1],
  ['no such tag', 'manifest unknown', 1],
  ['no room', 'write /var/tmp/x: no space left on device', 1],
]

for (const [why, says, times] of PULLS) {
  journey(
    `${why}: the pull is tried ${times === 1 ? 'once, for no other answer will come' : `${times} times`}`,
    async (t, world) => {
      moved(world)
      world.fake('fail-pull', `Error: ${says}\n`)
      const { exitCode, tasks } = await run(world)
      t.equal(exitCode, 1)
      matchAll(t, tasks, [{ outcome: 'failed', report: { why: new RegExp(says) } }])
      t.equal(world.calls('podman pull').length, times)
      t.equal(world.running(UNIT), OLD)
    },
  )
}

journey('a report: what ran, what runs, and how long each step took', async (t, world) => {
  moved(world)
  const { tasks } = await run(world)
  matchAll(t, tasks, [
    { report: { old: { id: OLD, digest: `sha256:${OLD}` }, new: { id: NEW, digest: `sha256:${NEW}` } } },
  ])
  const steps = tasks[0]?.report.steps ?? {}
  t.strictSame(Object.keys(steps).sort(), ['keep', 'look', 'pull', 'restart', 'watch'])
  for (const [name, ms] of Object.entries(steps)) t.ok(ms > 0 && ms < 60_000, `${name} took ${ms} ms`)
  t.ok((steps['watch'] ?? 0) >= 1000, 'it was watched for as long as WEBHOOK_SETTLE_SECS says')
  t.equal(tasks[0]?.report.journal, undefined, 'nobody needs a log to believe that it went well')
})

const LOUD: readonly (readonly [outcome: string, files: Readonly<Record<string, string>>])[] = [
  ['rolled-back', { [`bad-${NEW}`]: 'failed\n' }],
  ['failed', { 'fail-pull': 'Error: manifest unknown\n' }],
  ['skipped', { [`units/${UNIT}/load`]: 'masked\n' }],
]

for (const [outcome, files] of LOUD) {
  journey(
    `${outcome}: with the end of the unit's log, which is bounded and cannot act on a terminal`,
    async (t, world) => {
      moved(world)
      for (const [name, text] of Object.entries(files)) world.fake(name, text)
      world.fake('journal', `${'x'.repeat(20_000)}\u001b[2J\u202e the last words\n`)
      const { tasks } = await run(world)
      matchAll(t, tasks, [{ outcome, report: { journal: / the last words$/ } }])
      const journal = tasks[0]?.report.journal ?? ''
      t.match(journal, '\\u001b[2J\\u202e')
      t.notMatch(journal, /\p{Cc}/u)
      t.ok(journal.length < 24_001, `${journal.length} characters`)
    },
    { WEBHOOK_REPORT_JOURNAL: '1' },
  )
}
