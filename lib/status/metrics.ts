// Pure: what is known of the host as metrics. Each has the label `user`, because several installations on a host are one to the node
// exporter, which refuses everything where two have the same name and labels. All else is bounded by units and the words for them.
import { OUTCOMES } from '../config/outcomes.js'
import type { TaskTotal } from '../store/files/totals.js'
import type { Task } from '../store/tasks.js'
import type { Family, Labels } from './exposition.js'
import { type UnitStatus, WORDS } from './unit-status.js'

export interface Facts {
  /** Whose installation it is. */
  readonly user: string
  readonly version: string
  readonly nowMs: number
  readonly units: readonly UnitStatus[]
  readonly totals: readonly TaskTotal[]
  /** By the status that was answered; 0 where that is not known. */
  readonly refused: ReadonlyMap<number, number>
  /** The last task of each unit that restarted it. */
  readonly upgrades: readonly Pick<Task, 'unit' | 'report'>[]
  readonly unfinished: readonly Pick<Task, 'state'>[]
  readonly timerMs: number | undefined
}

/** Those after which the unit runs, or will run, the newest image. */
const SUCCESSES = ['updated', 'unchanged', 'staged']

/** What there are metrics of: all series of a unit that is not enabled any more are gone. */
export const metricsOf = (facts: Facts): readonly Family[] =>
  [...familiesOfUnits(facts), ...familiesOfAll(facts)].map(({ name, samples, ...family }) => ({
    ...family,
    name: `pod_upgrade_trigger_${name}`,
    samples: samples.map(([labels, value]): [Labels, number] => [{ user: facts.user, ...labels }, value]),
  }))

function familiesOfUnits({ units, totals, upgrades }: Facts): readonly Family[] {
  const enabled = units.map(({ unit }) => unit).sort()
  const of = (unit: string) => totals.filter(total => total.unit === unit)
  return [
    {
      name: 'upgrades_total',
      type: 'counter',
      help: 'Tasks that have ended, by unit and outcome, also those that prune has removed.',
      samples: enabled.flatMap(unit =>
        OUTCOMES.map((outcome): [Labels, number] => {
          const found = of(unit).find(total => total.outcome === outcome)
          return [{ unit, outcome }, found?.total ?? 0]
        }),
      ),
    },
    {
      name: 'last_success_timestamp_seconds',
      type: 'gauge',
      help: `When a task of the unit last ended ${SUCCESSES.join(', ')}.`,
      samples: enabled.flatMap((unit): [Labels, number][] => {
        const ends = of(unit).filter(({ outcome }) => SUCCESSES.includes(outcome))
        return ends.length === 0 ? [] : [[{ unit }, Math.max(...ends.map(({ lastMs }) => lastMs)) / 1000]]
      }),
    },
    {
      name: 'last_upgrade_duration_seconds',
      type: 'gauge',
      help: 'How long each step took of the last task that ended updated or rolled-back.',
      samples: upgrades.flatMap(({ unit, report }) =>
        Object.entries(report?.steps ?? {}).map(([step, ms]): [Labels, number] => [
          { unit, step },
          ms / 1000,
        ]),
      ),
    },
    {
      name: 'unit_state',
      type: 'gauge',
      help: 'How the unit is, as the command status says it: 1 for one of the states, 0 for all others.',
      samples: [...units]
        .sort((one, other) => (one.unit < other.unit ? -1 : 1))
        .flatMap(({ unit, word }) =>
          WORDS.map((each): [Labels, number] => [
            { unit, state: each.replace(' ', '-') },
            each === word ? 1 : 0,
          ]),
        ),
    },
  ]
}

function familiesOfAll({ units, refused, unfinished, timerMs, nowMs, version }: Facts): readonly Family[] {
  const inState = (wanted: Task['state']) => unfinished.filter(({ state }) => state === wanted).length
  const waiting = units.filter(({ waitsUntilMs }) => waitsUntilMs !== undefined).length
  return [
    {
      name: 'tasks',
      type: 'gauge',
      help: 'Tasks that are about to run, that wait for a maintenance window, and that run.',
      samples: [
        [{ state: 'queued' }, Math.max(0, inState('queued') - waiting)], // not counted at the same moment
        [{ state: 'waiting' }, waiting],
        [{ state: 'running' }, inState('running')],
      ],
    },
    {
      name: 'refused_requests_total',
      type: 'counter',
      help: 'Requests that were refused, by the status that was answered; other: only counted, in a flood.',
      samples: [...new Map([[0, 0], [401, 0], ...refused])].map(([status, total]) => [
        { status: status === 0 ? 'other' : String(status) },
        total,
      ]),
    },
    {
      name: 'last_timer_run_timestamp_seconds',
      type: 'gauge',
      help: 'When the timer last began to look for new images.',
      samples: timerMs === undefined ? [] : [[{}, timerMs / 1000]],
    },
    {
      name: 'written_timestamp_seconds',
      type: 'gauge',
      help: 'When this was written: after a task, or a run of the timer.',
      samples: [[{}, nowMs / 1000]],
    },
    {
      name: 'build_info',
      type: 'gauge',
      help: 'The version of pod-upgrade-trigger, and always 1.',
      samples: [[{ version }, 1]],
    },
  ]
}
