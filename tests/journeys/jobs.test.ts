// A unit that is meant to end, or that something else starts: its image is pulled, and when it runs is nobody's choice but its own.
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'job.service'
const IMAGE = 'ghcr.io/acme/job:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)
const SETTINGS = { WEBHOOK_MANUAL_UNITS: 'job' }

/** A oneshot unit in that state; its image has moved to `id`. */
function job(world: World, state: string, id = NEW): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, id)
  world.fake(`units/${UNIT}/type`, 'oneshot')
  world.fake(`units/${UNIT}/state`, state)
  if (state !== 'activating') world.fake(`units/${UNIT}/running`, '')
}

for (const [state, force] of [
  ['inactive', false],
  ['activating', false],
  ['inactive', true],
  ['failed', false],
] as const) {
  journey(
    `a job that is ${state} was ${force ? 'run by --force' : 'run again, or never upgraded'}`,
    async (t, world) => {
      job(world, state)
      const { exitCode } = await run(world, 'job', ...(force ? ['--force'] : []))
      t.equal(exitCode, 0)
      matchAll(t, world.tasks(), [
        { outcome: 'staged', report: { old: { id: OLD }, new: { id: NEW }, why: /^its next start runs it/ } },
      ])
      t.strictSame(world.calls('systemctl restart'), [])
      t.strictSame(world.calls('systemctl start'), [])
      await run(world, 'job', ...(force ? ['--force'] : []))
      matchAll(t, world.tasks('--limit', '1'), [{ outcome: 'unchanged' }])
    },
    SETTINGS,
  )
}

journey(
  'a job that runs, and nothing was pushed, was run a second time',
  async (t, world) => {
    job(world, 'activating', OLD)
    await run(world, 'job')
    matchAll(t, world.tasks(), [{ outcome: 'unchanged' }])
    t.strictSame(world.calls('systemctl restart'), [])
  },
  SETTINGS,
)

journey(
  'the look after its run tells what came of the image that was staged',
  async (t, world) => {
    job(world, 'inactive')
    await run(world, 'job')
    world.fake(`units/${UNIT}/invocations`, '\n\n')
    await run(world, 'job')
    matchAll(t, world.tasks('--limit', '1'), [
      { outcome: 'unchanged', report: { why: 'its last run, of the image of task 1, ended well' } },
    ])
  },
  SETTINGS,
)

journey(
  'a unit that its owner has stopped was started, where its program ends with 143',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.setRegistry(IMAGE, NEW)
    world.fake('units/web.service/state', 'failed')
    world.fake('units/web.service/last-job', 'stop')
    await run(world, 'web')
    matchAll(t, world.tasks(), [{ outcome: 'skipped', report: { why: /the unit is stopped/ } }])
    t.strictSame(world.calls('systemctl restart'), [])
    world.fake('units/web.service/last-job', 'start')
    await run(world, 'web')
    matchAll(t, world.tasks('--limit', '1'), [{ outcome: 'updated' }])
  },
)

const BOUND: readonly (readonly [why: string, pod: { job: string; endedUs: string }, outcome: string])[] = [
  [
    'whose pod has ended by itself was stopped by the manager',
    { job: 'start 100', endedUs: '400' },
    'updated',
  ],
  [
    'whose pod a person has stopped was stopped by that person',
    { job: 'stop 400', endedUs: '410' },
    'skipped',
  ],
  ['that a person has stopped, and not its pod', { job: 'start 100', endedUs: '0' }, 'skipped'],
  [
    'that a person has stopped, whose pod has ended after it',
    { job: 'start 100', endedUs: '600' },
    'skipped',
  ],
  [
    'that a person has stopped, whose pod had ended, and was started again',
    { job: 'start 450', endedUs: '400' },
    'skipped',
  ],
]

for (const [why, { job, endedUs }, outcome] of BOUND) {
  journey(`a unit ${why}`, async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.setUnit('web-pod.service', 'localhost/pause', OLD)
    world.setRegistry(IMAGE, NEW)
    world.fake('units/web.service/state', 'failed')
    world.fake('units/web.service/last-job', 'stop 500')
    world.fake('units/web.service/bound-to', 'web-pod.service dev-x.device')
    world.fake('units/web-pod.service/last-job', job)
    world.fake('units/web-pod.service/ended-us', endedUs)
    await run(world, 'web')
    matchAll(t, world.tasks(), [{ outcome }])
  })
}
