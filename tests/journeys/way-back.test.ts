// The way back holds: proven before it is needed, stopped by nothing, and ended by the owner's word. Each title is a fault that
// was seen on a real host.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { run, start } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const BAD = '1'.repeat(64)
const GOOD = '2'.repeat(64)

const folder = (world: World): string => join(world.dir, 'manager/web.service.d')
const pinFile = (world: World): string => join(folder(world), '~~pod-upgrade-trigger.conf')
const isPinned = (world: World): boolean => existsSync(pinFile(world))
const restarts = (world: World): number => world.calls('systemctl restart').length

/** web.service runs OLD, and its tag has moved to an image with which it fails. */
function broken(world: World): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, BAD)
  world.fake(`bad-${BAD}`, 'failed\n')
}

journey(
  'the way back was found closed when it was needed: it is tried before the restart',
  async (t, world) => {
    broken(world)
    await run(world, 'web')
    const calls = world
      .calls()
      .filter(line => /^(systemctl (restart|daemon-reload)|busctl .*ExecStartPreEx$)/.test(line))
    const first = calls.findIndex(line => line.startsWith('systemctl restart'))
    t.strictSame(
      calls.slice(0, first).map(line =>
        line
          .split(' ')
          .slice(0, 2)
          .join(' ')
          .replace(/ --json.*/, ''),
      ),
      ['busctl', 'systemctl daemon-reload', 'busctl', 'systemctl daemon-reload'],
      'loaded, read back, and taken away again',
    )
  },
)

journey(
  'a proof holds as long as the unit does: the next upgrade reloads nothing for it',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, BAD)
    matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'updated' }])
    const before = world.calls('systemctl daemon-reload').length
    world.setRegistry(IMAGE, GOOD)
    matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'updated' }])
    t.equal(world.calls('systemctl daemon-reload').length, before)
    t.match(readFileSync(`${pinFile(world)}.ready`, 'utf8'), new RegExp(`^X-KeptId=${BAD}$`, 'm'))
  },
)

for (const [why, prepare, told] of [
  [
    'a drop-in of the owner is read after ours',
    (world: World) => {
      mkdirSync(folder(world), { recursive: true })
      writeFileSync(
        join(folder(world), '~~~~owner.conf'),
        '[Service]\nExecStart=/usr/bin/podman run its-own\n',
      )
    },
    /another drop-in is read after .*~~pod-upgrade-trigger\.conf/,
  ],
  [
    'the directory of the drop-ins cannot be made',
    (world: World) => writeFileSync(join(world.dir, 'manager'), ''),
    /manager/,
  ],
  [
    'its command does not name the image',
    (world: World) => world.fake(`units/${UNIT}/command`, '/usr/local/bin/start-web'),
    /its ExecStart= has .* nowhere/,
  ],
] as const) {
  journey(`${why}: the unit is left alone, and the reason is told`, async (t, world) => {
    broken(world)
    prepare(world)
    const { exitCode, tasks } = await run(world, 'web')
    t.equal(exitCode, 0)
    matchAll(t, tasks, [{ outcome: 'skipped', report: { why: /^there is no way back: / } }])
    t.match((tasks[0]?.['report'] as { why: string }).why, told)
    t.match((tasks[0]?.['report'] as { why: string }).why, /WEBHOOK_WITHOUT_WAY_BACK=allow/)
    t.equal(restarts(world), 0)
    t.equal(world.running(UNIT), OLD)
    t.equal(world.read('local/ghcr.io%acme%web:latest'), OLD, 'a start by hand runs what it ran')
  })
}

journey(
  'without a way back, where the owner allows it: upgraded, and said so',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, GOOD)
    world.fake(`units/${UNIT}/command`, '/usr/local/bin/start-web')
    const { stderr, tasks } = await run(world, 'web')
    matchAll(t, tasks, [{ outcome: 'updated' }])
    t.match(stderr, /web\.service is upgraded without a way back: its ExecStart=/)
  },
  { WEBHOOK_WITHOUT_WAY_BACK: 'allow' },
)

journey('one look that failed ended the watch, and left the unit to the bad image', async (t, world) => {
  broken(world)
  world.fake('hold-podman-ps', '2\n') // the first of the watch
  const done = run(world, 'web')
  await waitFor('the watch', () => world.read('held') !== '')
  world.fake('fail-ps', 'Error: database is locked\n')
  world.fake('go', '')
  matchAll(t, (await done).tasks, [{ outcome: 'rolled-back', report: { why: /^the unit is failed/ } }])
  t.equal(world.running(UNIT), OLD)
})

journey('known bad, and down, because the drop-in was lost: it stayed down', async (t, world) => {
  broken(world)
  await run(world, 'web')
  writeFileSync(pinFile(world), '') // as a power cut leaves it
  world.fake(`units/${UNIT}/loaded`, '')
  world.remove(`units/${UNIT}/loaded`)
  world.fake(`units/${UNIT}/running`, '')
  world.fake(`units/${UNIT}/state`, 'failed\n')
  const { tasks, stderr } = await run(world)
  matchAll(t, tasks, [{ outcome: 'rolled-back', report: { why: /^the unit was down; known bad: / } }])
  t.match(stderr, /was not whole, and is taken away/)
  t.equal(world.running(UNIT), OLD)
  t.ok(isPinned(world))
})

journey(
  'the kept image was pruned while the unit was stopped: it is fetched by its digest',
  async (t, world) => {
    broken(world)
    await run(world, 'web')
    for (const name of readdirSync(join(world.fakeDir, 'local'))) world.remove(`local/${name}`)
    for (const name of readdirSync(join(world.fakeDir, 'images'))) world.remove(`images/${name}`)
    world.fake(`units/${UNIT}/running`, '')
    world.fake(`units/${UNIT}/state`, 'failed\n')
    world.setRegistry(`ghcr.io/acme/web@sha256:${OLD}`, OLD)
    matchAll(t, (await run(world)).tasks, [{ outcome: 'rolled-back', report: { old: { id: OLD } } }])
    t.equal(world.running(UNIT), OLD)
  },
)

journey('an image that died after its watch was `updated` by every run', async (t, world) => {
  broken(world)
  world.remove(`bad-${BAD}`)
  matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'updated' }])
  world.fake(`units/${UNIT}/running`, '')
  world.fake(`units/${UNIT}/state`, 'failed\n')
  const { exitCode, tasks } = await run(world)
  t.equal(exitCode, 1)
  matchAll(t, tasks, [
    { outcome: 'rolled-back', report: { why: /^the unit was down; it died after the upgrade of task 1/ } },
  ])
  t.equal(world.running(UNIT), OLD)
  matchAll(t, (await run(world)).tasks, [{ outcome: 'skipped', report: { why: /^known bad/ } }])
})

journey('what ran before the last upgrade was forgotten by a run that changed nothing', async (t, world) => {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, GOOD)
  await run(world, 'web')
  matchAll(t, (await run(world)).tasks, [{ outcome: 'unchanged' }])
  const kept = readdirSync(join(world.fakeDir, 'local')).filter(name => name.includes('rollback:'))
  t.strictSame(
    kept.map(name => world.read(`local/${name}`)),
    [OLD],
  )
})

journey('a shared tag named the bad image after the rollback: its next start ran it', async (t, world) => {
  broken(world)
  await run(world, 'web')
  t.equal(world.read('local/ghcr.io%acme%web:latest'), OLD)
  matchAll(t, (await run(world)).tasks, [{ outcome: 'skipped' }])
  t.equal(world.read('local/ghcr.io%acme%web:latest'), OLD, 'also after it was pulled again')
})

journey('the owner chose another image while the unit was pinned, and was not heard', async (t, world) => {
  broken(world)
  await run(world, 'web')
  const other = 'ghcr.io/acme/web:v2'
  world.fake(`units/${UNIT}/image`, other)
  world.setRegistry(other, GOOD)
  matchAll(t, world.cli('units'), [{ image: other, pin: undefined }])
  const { tasks, stderr } = await run(world, 'web')
  matchAll(t, tasks, [{ outcome: 'updated', image: other }])
  t.match(stderr, /web\.service follows ghcr\.io\/acme\/web:v2 now/)
  t.equal(world.running(UNIT), GOOD)
  t.notOk(isPinned(world))
})

journey('any other change of a pinned unit is not hidden by the pin', async (t, world) => {
  broken(world)
  await run(world, 'web')
  const before = readFileSync(pinFile(world), 'utf8')
  world.fake(`units/${UNIT}/command`, `/usr/bin/podman run --memory 1g -d ${IMAGE}`)
  world.fake(`units/${UNIT}/cat`, '# /etc/systemd/system/web.service.d/10-memory.conf\n[Service]\n')
  matchAll(t, (await run(world)).tasks, [{ outcome: 'skipped' }])
  const now = readFileSync(pinFile(world), 'utf8')
  t.not(now, before)
  t.match(now, new RegExp(`^ExecStart=/usr/bin/podman run --pull=never --memory 1g -d ${OLD}$`, 'm'))
})

journey(
  "the owner's own restart of a pinned unit asks first whether it was edited since",
  async (t, world) => {
    broken(world)
    await run(world, 'web')
    const pinned = () => readFileSync(pinFile(world), 'utf8')
    const [, condition = ''] = /^ExecCondition=(.*)$/m.exec(pinned()) ?? []
    t.match(
      condition,
      /^-:\+\/bin\/sh -c "\\"\$@\\"; exit 0" sh flock --nonblock \S+web\.service\.lock systemd-run /,
    )
    t.match(condition, / run-task --refresh-pin web\.service$/)
    const ask = () => start(world, 'run-task', '--refresh-pin', UNIT).end
    const reloads = () => world.calls('systemctl daemon-reload').length
    const [before, text] = [reloads(), pinned()]
    t.match(await ask(), { exitCode: 0, stderr: '' })
    t.strictSame([reloads(), pinned()], [before, text], 'it was not: nothing is done')
    world.fake(`units/${UNIT}/command`, `/usr/bin/podman run --memory 1g -d ${IMAGE}`)
    world.fake(`units/${UNIT}/cat`, '# /etc/systemd/system/web.service.d/10-memory.conf\n[Service]\n')
    t.match(await ask(), { exitCode: 0, stderr: '' })
    t.match(pinned(), new RegExp(`^ExecStart=/usr/bin/podman run --pull=never --memory 1g -d ${OLD}$`, 'm'))
    world.fake(`units/${UNIT}/image`, 'ghcr.io/acme/web:v2')
    t.match(await ask(), { exitCode: 0, stderr: /web\.service follows ghcr\.io\/acme\/web:v2 now/ })
    t.notOk(isPinned(world))
    t.match(await ask(), { exitCode: 0, stderr: '' }, 'a unit that is not pinned is left alone')
  },
)

journey('a hold outlives an edit that keeps the image, with its reason', async (t, world) => {
  world.setUnit(UNIT, IMAGE, OLD)
  t.match(await start(world, 'hold', 'web', '--reason', 'the audit').end, { exitCode: 0 })
  world.fake(`units/${UNIT}/cat`, '# /etc/systemd/system/web.service.d/10-memory.conf\n[Service]\n')
  t.match(await start(world, 'run-task', '--refresh-pin', UNIT).end, { exitCode: 0 })
  matchAll(t, world.cli('units'), [{ pin: { kept_id: OLD, hold: 'the audit' } }])
})

for (const [why, name, text, told] of [
  [
    'has a condition that does not hold any more',
    'condition',
    'ConditionPathExists /nowhere\n',
    /ConditionPathExists=\/nowhere, which is not met now/,
  ],
  ['may only be started by others', 'refuses', '', /RefuseManualStart=/],
] as const) {
  journey(`a unit that ${why} would be down after its restart: it is left alone`, async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, GOOD)
    world.fake(`units/${UNIT}/${name}`, text)
    const { exitCode, tasks } = await run(world, 'web', '--force')
    t.equal(exitCode, 0)
    matchAll(t, tasks, [{ outcome: 'skipped', report: { why: told } }])
    t.equal(restarts(world), 0)
    t.equal(world.read('local/ghcr.io%acme%web:latest'), OLD, 'nor does it take the new image by itself')
  })
}

for (const [why, fake, text, outcome] of [
  [
    'systemd would not start it again',
    `units/${UNIT}/condition`,
    'ConditionPathExists /nowhere\n',
    'skipped',
  ],
  ['the next image is for another platform', `platform-${GOOD}`, 'linux/arm64\n', 'failed'],
] as const) {
  journey(`a rolled-back unit followed its tag again, untouched as it was: ${why}`, async (t, world) => {
    broken(world)
    await run(world, 'web')
    world.setRegistry(IMAGE, GOOD)
    world.fake(fake, text)
    const before = restarts(world)
    matchAll(t, (await run(world, 'web')).tasks, [{ outcome }])
    t.equal(restarts(world), before)
    t.ok(isPinned(world), 'its next start runs what ran well')
  })
}

journey('a state that could not be written after the restart stopped the way back', async (t, world) => {
  broken(world)
  world.fake('hold-podman-ps', '2\n') // the first of the watch
  const { end } = start(world, 'trigger', 'web')
  await waitFor('the watch', () => world.read('held') !== '')
  renameSync(world.stateDir, `${world.stateDir}.away`)
  writeFileSync(world.stateDir, '')
  world.fake('go', '')
  await waitFor('the unit on its old image', () => world.running(UNIT) === OLD)
  rmSync(world.stateDir)
  renameSync(`${world.stateDir}.away`, world.stateDir)
  t.match(await end, { exitCode: 1, stdout: /web\.service rolled-back .*: the unit is failed/ })
  matchAll(t, world.tasks(), [{ outcome: 'rolled-back', attempts: 1 }], 'recorded when there is room')
})

journey('rollback, hold and release: the owner decides, and everybody tells the same', async (t, world) => {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, GOOD)
  await run(world, 'web')
  const back = await start(world, 'rollback', 'web', '--reason', 'slow since noon').end
  t.match(back, {
    exitCode: 0,
    stdout: /^web\.service rolled-back .*: rolled back by hand: slow since noon$/m,
  })
  t.equal(world.running(UNIT), OLD)
  matchAll(t, world.cli('units'), [{ pin: { kept_id: OLD, hold: 'slow since noon' } }])
  matchAll(t, (await run(world, 'web')).tasks, [
    { outcome: 'skipped', report: { why: /^it is held: slow since noon/ } },
  ])
  t.match((await start(world, '--all', '--dry-run').end).stdout, /nothing: it is held: slow since noon/)
  t.match(await start(world, 'release', 'web').end, {
    exitCode: 0,
    stdout: /follows ghcr\.io\/acme\/web:latest again/,
  })
  matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'updated', report: { new: { id: GOOD } } }])
  t.match(await start(world, 'hold', 'web').end, { exitCode: 0, stdout: /stays on 222222222222/ })
  world.setRegistry(IMAGE, BAD)
  matchAll(t, (await run(world, 'web', '--force')).tasks, [{ outcome: 'skipped' }], 'not by force either')
  t.equal(world.running(UNIT), GOOD)
  t.match(await start(world, 'hold', 'other').end, { exitCode: 64, stderr: /other\.service is not enabled/ })
})

journey('a release ends what was remembered as bad, too', async (t, world) => {
  broken(world)
  await run(world, 'web')
  await start(world, 'release', 'web').end
  t.notOk(isPinned(world))
  world.remove(`bad-${BAD}`)
  matchAll(t, (await run(world)).tasks, [{ outcome: 'updated' }])
})

journey(
  'the look some minutes later: an image that died by then is rolled back, with a record of its own',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, BAD)
    matchAll(t, (await run(world, 'web')).tasks, [{ outcome: 'updated' }])
    const timers = world.calls('systemd-run').map(line => /--on-active=\S+/.exec(line)?.[0])
    t.strictSame(timers, ['--on-active=60', '--on-active=600'])
    t.match(world.calls('systemd-run')[0], /-- \S+ \S+ run-task --aftercare 1$/)
    t.match(await start(world, 'run-task', '--aftercare', '1').end, { exitCode: 0 })
    t.equal(world.tasks().length, 1, 'while it is well nothing happens')
    world.fake(`units/${UNIT}/running`, '')
    world.fake(`units/${UNIT}/state`, 'failed\n')
    t.match(await start(world, 'run-task', '--aftercare', '1').end, { exitCode: 1 })
    matchAll(t, world.tasks(), [
      {
        outcome: 'rolled-back',
        caller: 'after-care',
        report: {
          why: /^[0-9]{1,3} s after the upgrade: the unit is failed/,
          old: { id: OLD },
          new: { id: BAD },
        },
      },
      { outcome: 'updated' },
    ])
    t.equal(world.running(UNIT), OLD)
    const [event] = world.events().filter(({ path }) => path === 'aftercare')
    t.match(event, { meta: { caller: 'after-care', reason: 'after-care of task 1' } })
    t.match(await start(world, 'run-task', '--aftercare', '1').end, { exitCode: 0 }, 'and only once')
    t.equal(world.tasks().length, 2)
  },
  { WEBHOOK_AFTERCARE_SECS: '60 600' },
)
