// The file of metrics, byte for byte: what other programs have made rules and pictures of must not change by accident.
// That Prometheus reads it is for tests/lab/metrics.ts.
import t from 'tap'
import { formatFamilies } from '../../lib/status/exposition.js'
import { type Facts, metricsOf } from '../../lib/status/metrics.js'
import type { UnitStatus, Word } from '../../lib/status/unit-status.js'

const unit = (name: string, word: Word): UnitStatus => ({
  unit: name,
  word,
  image: undefined,
  runs: undefined,
  sinceMs: undefined,
  last: undefined,
  waitsUntilMs: undefined,
  why: undefined,
})

const NOTHING: Facts = {
  user: 'root',
  version: '1.2.3',
  nowMs: 1_764_216_000_500,
  units: [],
  totals: [],
  refused: new Map(),
  upgrades: [],
  unfinished: [],
  timerMs: undefined,
}

const text = (facts: Partial<Facts>): string => formatFamilies(metricsOf({ ...NOTHING, ...facts }))

/** Without what is said of them. */
const series = (facts: Partial<Facts>, about: RegExp): string[] =>
  text(facts)
    .split('\n')
    .filter(line => !line.startsWith('#') && about.test(line))
    .map(line => line.replace('pod_upgrade_trigger_', ''))

t.test('a host on which nothing has happened yet', async t => {
  t.equal(
    text({}),
    `# HELP pod_upgrade_trigger_tasks Tasks that are about to run, that wait for a maintenance window, and that run.
# TYPE pod_upgrade_trigger_tasks gauge
pod_upgrade_trigger_tasks{user="root",state="queued"} 0
pod_upgrade_trigger_tasks{user="root",state="waiting"} 0
pod_upgrade_trigger_tasks{user="root",state="running"} 0
# HELP pod_upgrade_trigger_refused_requests_total Requests that were refused, by the status that was answered; other: only counted, in a flood.
# TYPE pod_upgrade_trigger_refused_requests_total counter
pod_upgrade_trigger_refused_requests_total{user="root",status="other"} 0
pod_upgrade_trigger_refused_requests_total{user="root",status="401"} 0
# HELP pod_upgrade_trigger_written_timestamp_seconds When this was written: after a task, or a run of the timer.
# TYPE pod_upgrade_trigger_written_timestamp_seconds gauge
pod_upgrade_trigger_written_timestamp_seconds{user="root"} 1764216000.5
# HELP pod_upgrade_trigger_build_info The version of pod-upgrade-trigger, and always 1.
# TYPE pod_upgrade_trigger_build_info gauge
pod_upgrade_trigger_build_info{user="root",version="1.2.3"} 1
`,
  )
})

t.test('a unit that was upgraded, byte for byte', async t => {
  const facts: Partial<Facts> = {
    units: [unit('web.service', 'ok')],
    totals: [
      { unit: 'gone.service', outcome: 'updated', total: 9, lastMs: 9 },
      { unit: 'web.service', outcome: 'failed', total: 1, lastMs: 4000 },
      { unit: 'web.service', outcome: 'unchanged', total: 40, lastMs: 2000 },
      { unit: 'web.service', outcome: 'updated', total: 2, lastMs: 3000 },
    ],
    upgrades: [{ unit: 'web.service', report: { steps: { look: 250, pull: 1500 } } }],
  }
  t.equal(
    text(facts).slice(0, text(facts).indexOf('# HELP pod_upgrade_trigger_tasks')),
    `# HELP pod_upgrade_trigger_upgrades_total Tasks that have ended, by unit and outcome, also those that prune has removed.
# TYPE pod_upgrade_trigger_upgrades_total counter
pod_upgrade_trigger_upgrades_total{user="root",unit="web.service",outcome="updated"} 2
pod_upgrade_trigger_upgrades_total{user="root",unit="web.service",outcome="unchanged"} 40
pod_upgrade_trigger_upgrades_total{user="root",unit="web.service",outcome="staged"} 0
pod_upgrade_trigger_upgrades_total{user="root",unit="web.service",outcome="rolled-back"} 0
pod_upgrade_trigger_upgrades_total{user="root",unit="web.service",outcome="failed"} 1
pod_upgrade_trigger_upgrades_total{user="root",unit="web.service",outcome="skipped"} 0
# HELP pod_upgrade_trigger_last_success_timestamp_seconds When a task of the unit last ended updated, unchanged, staged.
# TYPE pod_upgrade_trigger_last_success_timestamp_seconds gauge
pod_upgrade_trigger_last_success_timestamp_seconds{user="root",unit="web.service"} 3
# HELP pod_upgrade_trigger_last_upgrade_duration_seconds How long each step took of the last task that ended updated or rolled-back.
# TYPE pod_upgrade_trigger_last_upgrade_duration_seconds gauge
pod_upgrade_trigger_last_upgrade_duration_seconds{user="root",unit="web.service",step="look"} 0.25
pod_upgrade_trigger_last_upgrade_duration_seconds{user="root",unit="web.service",step="pull"} 1.5
# HELP pod_upgrade_trigger_unit_state How the unit is, as the command status says it: 1 for one of the states, 0 for all others.
# TYPE pod_upgrade_trigger_unit_state gauge
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="missing"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="failed"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="unhealthy"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="down"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="rolled-back"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="held"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="starting"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="staged"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="idle"} 0
pod_upgrade_trigger_unit_state{user="root",unit="web.service",state="ok"} 1
`,
  )
})

const STATES: readonly (readonly [word: Word, told: string])[] = [
  ['missing', 'missing'],
  ['failed', 'failed'],
  ['unhealthy', 'unhealthy'],
  ['down', 'down'],
  ['rolled back', 'rolled-back'],
  ['held', 'held'],
  ['starting', 'starting'],
  ['staged', 'staged'],
  ['idle', 'idle'],
  ['ok', 'ok'],
]

for (const [word, told] of STATES) {
  t.test(`${word}: one state is 1, so that a rule can wait for how long`, async t => {
    const found = series({ units: [unit('web.service', word)] }, /unit_state.* 1$/)
    t.strictSame(found, [`unit_state{user="root",unit="web.service",state="${told}"} 1`])
  })
}

t.test('units in the order of their names, for what is wrong with them must not move lines', async t => {
  for (const names of ['cab', 'abc', 'cba', 'bca']) {
    const units = [...names].map(name => unit(name, 'ok'))
    for (const about of [/unit_state.* 1$/, /upgrades_total.*"updated"/])
      t.strictSame(
        series({ units }, about).map(line => /unit="(.)"/.exec(line)?.[1]),
        ['a', 'b', 'c'],
      )
  }
  const units = [unit('web.service', 'failed'), unit('db.service', 'ok')]
  t.strictSame(series({ units }, /unit_state.* 1$/), [
    'unit_state{user="root",unit="db.service",state="ok"} 1',
    'unit_state{user="root",unit="web.service",state="failed"} 1',
  ])
})

t.test('what waits, what runs, who was refused, and when the timer ran', async t => {
  t.strictSame(
    series(
      {
        units: [
          { ...unit('web.service', 'ok'), waitsUntilMs: 1 },
          unit('db.service', 'ok'),
          unit('api.service', 'ok'),
        ],
        unfinished: [{ state: 'queued' }, { state: 'queued' }, { state: 'running' }],
        refused: new Map([
          [0, 7],
          [401, 3],
          [429, 1],
        ]),
        timerMs: 1_764_000_000_000,
      },
      /^pod_upgrade_trigger_(tasks|refused|last_timer)/,
    ),
    [
      'tasks{user="root",state="queued"} 1',
      'tasks{user="root",state="waiting"} 1',
      'tasks{user="root",state="running"} 1',
      'refused_requests_total{user="root",status="other"} 7',
      'refused_requests_total{user="root",status="401"} 3',
      'refused_requests_total{user="root",status="429"} 1',
      'last_timer_run_timestamp_seconds{user="root"} 1764000000',
    ],
  )
})

t.test('a unit that never was well, and a task without a report', async t => {
  const units = [unit('web.service', 'failed')]
  const totals = [{ unit: 'web.service', outcome: 'failed', total: 1, lastMs: 4000 } as const]
  const upgrades = [{ unit: 'web.service', report: undefined }]
  t.strictSame(series({ units, totals, upgrades }, /last_/), [])
})

t.test('a value that ends a line, or itself, is escaped: it cannot make a series of its own', async t => {
  const family = { name: 'x', type: 'gauge', help: 'a\\b\n"c"' } as const
  t.equal(
    formatFamilies([{ ...family, samples: [[{ unit: 'a\\b"c"\nd' }, 1.5]] }]),
    '# HELP x a\\\\b\\n"c"\n# TYPE x gauge\nx{unit="a\\\\b\\"c\\"\\nd"} 1.5\n',
  )
  t.match(formatFamilies([{ ...family, samples: [[{}, 1]] }]), '\nx 1\n', 'no labels, no brackets')
  t.equal(formatFamilies([{ ...family, samples: [] }]), '', 'without a value there is nothing to say of it')
})
