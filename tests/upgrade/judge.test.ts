// Every verdict on a restarted unit, as a table: what one look at it shows, and whether it is believed, waited for or
// given up. The reasons of a bad one are read by people, so they are here as they are told.
import t from 'tap'
import { judge, judgeLater, type Observation } from '../../lib/upgrade/judge.js'

const ID = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const EXPECTED = {
  imageId: ID,
  others: [],
  before: 'c0',
  invocationId: 'i1',
  restarts: '0',
  settleMs: 10_000,
  healthTimeoutMs: 60_000,
}
const BEFORE = { id: 'c0', imageId: OTHER }
const SAME_IMAGE_BEFORE = { id: 'c0', health: 'healthy' }

type Unit = Partial<Observation['unit']>
type Container = Partial<NonNullable<Observation['container']>> | undefined

const unit = (more: Unit): Observation['unit'] => ({
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  Result: 'success',
  InvocationID: 'i1',
  NRestarts: '0',
  Job: '',
  ControlGroup: '',
  Type: 'notify',
  RemainAfterExit: 'no',
  TriggeredBy: '',
  SourcePath: '',
  ...more,
})

const container = (more: Container): Observation['container'] =>
  more && {
    id: 'c1',
    name: 'web',
    image: 'ghcr.io/acme/web:latest',
    imageId: ID,
    state: 'running',
    health: '',
    startedMs: 0,
    restarts: 0,
    pod: '',
    infra: false,
    claimedUnit: 'web.service',
    ...more,
  }

const GOOD = /^good$/
const WAIT = /^wait$/
const ANEW = /^restarted$/
const STOPPED = { ActiveState: 'inactive' }
const STARTING = { ActiveState: 'activating', SubState: 'start' }

/** When, what the unit and its container are, and what is made of it: good, wait, or the reason of a bad one. */
const ROWS: readonly (readonly [
  why: string,
  ms: number,
  unit: Unit,
  container: Container,
  verdict: RegExp,
])[] = [
  [
    'failed',
    0,
    { ActiveState: 'failed', Result: 'exit-code' },
    undefined,
    /^the unit is failed \(exit-code\)$/,
  ],
  [
    'failed, in words',
    0,
    { ActiveState: 'failed', Result: '' },
    undefined,
    /^the unit is failed \(no result\)$/,
  ],
  [
    'it ended well, which is an end',
    0,
    { ActiveState: 'inactive' },
    undefined,
    /^the unit is inactive \(success\)$/,
  ],
  ['failed counts before healthy', 0, { ActiveState: 'failed' }, { health: 'healthy' }, /failed/],
  ['restarted by systemd', 0, { NRestarts: '1' }, {}, /^the container died and systemd restarted it$/],
  ['even when healthy again', 0, { NRestarts: '1' }, { health: 'healthy' }, /died/],
  ['about to be', 0, { ActiveState: 'activating', SubState: 'auto-restart' }, undefined, /died/],
  ['about to be, later', 0, { ...STARTING, SubState: 'auto-restart-queued' }, undefined, /died/],
  ['by a person, or with another unit', 0, { InvocationID: 'i2' }, {}, ANEW],
  ['by a person, and then by systemd', 0, { InvocationID: 'i2', NRestarts: '1' }, {}, /died/],
  ['stopped by a person, who is about to start it', 59_999, { ...STOPPED, Job: '7' }, undefined, WAIT],
  ['failed, and started by a person', 59_999, { ActiveState: 'failed', Job: '7' }, undefined, WAIT],
  [
    'about to be started, for ever',
    60_000,
    { ...STOPPED, Job: '7' },
    undefined,
    /^after 60 s .* is inactive/,
  ],
  ['another image', 0, {}, { imageId: OTHER }, /^the container runs another image, bbbbbbbbbbbb$/],
  ['another image, healthy', 99_000, {}, { imageId: OTHER, health: 'healthy' }, /another image/],
  ['from before the restart: its row outlives it', 59_999, {}, BEFORE, WAIT],
  ['from before, unhealthy', 59_999, {}, { ...BEFORE, health: 'unhealthy' }, WAIT],
  ['from before, and it stays', 60_000, {}, BEFORE, /^the container runs another image, bbbbbbbbbbbb$/],
  ['from before, healthy then', 9_999, {}, SAME_IMAGE_BEFORE, WAIT],
  ['from before, healthy still', 10_000, {}, SAME_IMAGE_BEFORE, GOOD],
  ['unhealthy', 0, {}, { health: 'unhealthy' }, /^the health check fails$/],
  ['unhealthy, still activating', 0, STARTING, { health: 'unhealthy' }, WAIT],
  ['healthy needs no time', 0, {}, { health: 'healthy' }, GOOD],
  ['healthy, but Notify=healthy has not told', 0, STARTING, { health: 'healthy' }, WAIT],
  ['no health check, just started', 0, {}, {}, WAIT],
  ['no health check, a moment too early', 9_999, {}, {}, WAIT],
  ['no health check, up long enough', 10_000, {}, {}, GOOD],
  ['no health check, exited', 10_000, {}, { state: 'exited' }, WAIT],
  ['no health check, exited for good', 60_000, {}, { state: 'exited' }, /^after 60 s the unit is active$/],
  ['health starting outlasts settling', 59_999, {}, { health: 'starting' }, WAIT],
  [
    'never healthy',
    60_000,
    {},
    { health: 'starting' },
    /^after 60 s the unit is active, its health starting$/,
  ],
  ['activating', 59_999, STARTING, undefined, WAIT],
  ['activating for ever', 60_000, STARTING, {}, /^after 60 s the unit is activating$/],
  ['no container, yet', 0, {}, undefined, WAIT],
  ['no container, ever', 61_400, {}, undefined, /^after 61 s the unit is active, without a container$/],
]

for (const [why, elapsedMs, unitSays, containerSays, expected] of ROWS) {
  t.test(why, async t => {
    const verdict = judge(
      {
        unit: unit(unitSays),
        container: container(containerSays),
        others: [],
        podmanRestarts: 0,
        elapsedMs,
        steadyMs: elapsedMs,
        healthCheckMs: 0,
      },
      EXPECTED,
    )
    t.match(verdict.kind === 'bad' ? verdict.why : verdict.kind, expected)
  })
}

t.test('settling longer than the time to get healthy: it is given that long', async t => {
  const expected = { ...EXPECTED, settleMs: 90_000 }
  const kind = (elapsedMs: number, more: Container = {}) =>
    judge(
      {
        unit: unit({}),
        container: container(more),
        others: [],
        podmanRestarts: 0,
        elapsedMs,
        steadyMs: elapsedMs,
        healthCheckMs: 0,
      },
      expected,
    ).kind
  t.equal(kind(89_999), 'wait')
  t.equal(kind(90_000), 'good')
  t.equal(kind(60_000, { health: 'starting' }), 'bad', 'not where a health check has to say')
})

t.test('a health check slower than the time to get healthy decides for itself, in ten minutes', async t => {
  const kind = (elapsedMs: number, healthCheckMs: number, more: Container = { health: 'starting' }) =>
    judge(
      {
        unit: unit({}),
        container: container(more),
        others: [],
        podmanRestarts: 0,
        elapsedMs,
        steadyMs: elapsedMs,
        healthCheckMs,
      },
      EXPECTED,
    ).kind
  t.equal(kind(179_999, 180_000), 'wait', 'a minute of interval: the time to get healthy is over by then')
  t.equal(kind(180_000, 180_000), 'bad')
  t.equal(kind(59_999, 1000), 'wait', 'a fast one has the usual time')
  t.equal(kind(60_000, 1000), 'bad')
  t.equal(kind(600_000, 3_600_000), 'bad', 'an hour is too long')
  t.equal(kind(61_000, 180_000, { health: 'unhealthy' }), 'bad', 'it has decided')
})

t.test(
  'podman restarts by a policy of its own, which systemd does not see: a crash loop was good',
  async t => {
    const healthy = container({ health: 'healthy' })
    const observed = {
      unit: unit({}),
      container: healthy,
      others: [],
      podmanRestarts: 1,
      elapsedMs: 0,
      steadyMs: 0,
      healthCheckMs: 0,
    }
    t.match(judge(observed, EXPECTED), { kind: 'bad', why: /podman restarted it/ })
  },
)

t.test('some minutes after an upgrade: what has become of the unit', async t => {
  const upgraded = { id: ID, digest: '' }
  const rows: readonly (readonly [
    why: string,
    unit: Unit,
    container: Container,
    verdict: RegExp | undefined,
    wasStopped?: boolean,
  ])[] = [
    ['it runs', {}, {}, undefined],
    [
      'it has failed',
      { ActiveState: 'failed', Result: 'exit-code' },
      undefined,
      /^the unit is failed \(exit-code\)$/,
    ],
    ['a person has stopped it', STOPPED, undefined, undefined, true],
    ['the journal does not tell: what ended well was stopped', STOPPED, undefined, undefined],
    ['it ended by itself, and well', STOPPED, undefined, /^the unit is inactive/, false],
    [
      'a person has stopped it, and it ended with 143',
      { ActiveState: 'failed', Result: 'exit-code' },
      undefined,
      undefined,
      true,
    ],
    ['systemd restarted it', { NRestarts: '2' }, {}, /systemd restarted it/],
    ['podman restarted it', {}, { restarts: 3 }, /podman restarted it/],
    ['it got unhealthy', {}, { health: 'unhealthy' }, /^the health check fails$/],
    ['it runs another image by now: not our doing', { NRestarts: '2' }, { imageId: OTHER }, undefined],
  ]
  for (const [why, unitSays, containerSays, verdict, wasStopped] of rows) {
    const found = container(containerSays)
    const snapshot = { state: unit(unitSays), container: found, containers: found ? [found] : [] }
    const told = judgeLater(snapshot, upgraded, wasStopped)
    if (verdict === undefined) t.equal(told, undefined, why)
    else t.match(told, verdict, why)
  }
})

t.test('a container that came late has to stay up as long as any other', async t => {
  const at = (elapsedMs: number, steadyMs: number) =>
    judge(
      {
        unit: unit({}),
        container: container({}),
        others: [],
        podmanRestarts: 0,
        elapsedMs,
        steadyMs,
        healthCheckMs: 0,
      },
      EXPECTED,
    ).kind
  t.equal(at(12_000, 2_000), 'wait')
  t.equal(at(20_000, 10_000), 'good')
  t.equal(at(61_000, 9_000), 'wait', 'also over the limit')
})

t.test('of several containers in a unit each counts: the first was good, and the unit with it', async t => {
  const SIDE = 'd'.repeat(64)
  const side = (more: Container) => container({ id: 'c2', name: 'side', imageId: SIDE, ...more })!
  const rows: readonly (readonly [why: string, elapsedMs: number, others: Container[], told: RegExp])[] = [
    ['it runs', 10_000, [{}], GOOD],
    ['it is not there yet', 10_000, [], WAIT],
    ['it is never there', 60_000, [], /^after 60 s the unit is active, without all of its containers$/],
    ['it has ended', 1000, [{ state: 'exited' }], /^side has ended$/],
    ['it has ended and was made again', 10_000, [{ state: 'exited' }, {}], GOOD],
    ['it is starting', 10_000, [{ health: 'starting' }], WAIT],
    ['it is unhealthy', 1000, [{ health: 'unhealthy' }], /^the health check of side fails$/],
    ['it runs another image', 10_000, [{ imageId: OTHER }], WAIT],
  ]
  for (const [why, elapsedMs, others, told] of rows) {
    const seen = { elapsedMs, steadyMs: elapsedMs, podmanRestarts: 0, healthCheckMs: 0 }
    const all = { unit: unit({}), container: container({}), others: others.map(side) }
    const verdict = judge({ ...seen, ...all }, { ...EXPECTED, others: [SIDE] })
    t.match(verdict.kind === 'bad' ? verdict.why : verdict.kind, told, why)
  }
  const ill = {
    state: unit({}),
    container: container({}),
    containers: [container({})!, side({ health: 'unhealthy' })],
  }
  t.equal(judgeLater(ill, { id: ID, digest: '' }, undefined), 'the health check of side fails', 'later too')
})
