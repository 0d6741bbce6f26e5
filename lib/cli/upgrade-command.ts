// --all and `trigger` as a person or a timer gives them: the plan, or the run with its progress, in words or JSON.
import type { Config } from '../config/config.js'
import { EXIT } from '../errors.js'
import { toJson } from '../json.js'
import { log } from '../log.js'
import { asWhole, type Result, valid } from '../result.js'
import { enabledUnits } from '../targets/enabled-units.js'
import type { Target } from '../targets/match.js'
import { readPin } from '../targets/pin.js'
import { planInWords, planUpgrades, serializePlan } from '../tasks/plan.js'
import { short, summariseTask } from '../tasks/report.js'
import { type Done, type Progress, type RunRequest, runAll, targetsOf } from '../tasks/run-tasks.js'
import { serializeTask } from '../tasks/serialize.js'
import { ProgressLine, type Terminal } from './progress-line.js'
import { formatTable, formatTime } from './table.js'
import { unitsOfWords } from './unit-words.js'

export interface UpgradeOptions {
  readonly units: readonly string[]
  readonly dryRun: boolean
  readonly force: boolean
  readonly json: boolean
  readonly caller?: string | undefined
  readonly reason?: string | undefined
  /** Of the terminal where a person is watching; undefined elsewhere. */
  readonly width: number | undefined
  /** Where they see what it is at; undefined where standard error is none. */
  readonly terminal: Terminal | undefined
}

/** Gives the exit status, or what is wrong with the command line. */
export async function runUpgradeCommand(
  config: Config,
  asked: UpgradeOptions,
  print: (text: string) => unknown,
  signal: AbortSignal,
): Promise<Result<number>> {
  const enabled = await enabledUnits(config)
  const names = enabled.map(({ unit }) => unit)
  const named = unitsOfWords(asked.units, names)
  if (!named.ok) return named
  const order: RunRequest = {
    all: asked.units.length === 0,
    units: named.value,
    force: asked.force,
    caller: asked.caller ?? 'cli',
    reason: asked.reason,
  }
  const chosen = targetsOf(config, order, enabled)
  if (!chosen.ok) return asWhole(chosen.problems) // they name the unit
  const targets = chosen.value
  if (asked.dryRun) {
    print(await plan(config, targets, asked))
    return valid(EXIT.ok)
  }
  if (order.all && config.actionsRules.length > 0)
    await (await import('../actions/fetch-keys.js')).fetchKeys(config)
  const line = new ProgressLine(asked.json ? undefined : asked.terminal)
  try {
    const done = await runAll(config, order, targets, asked.json ? SILENT : progressOn(print, line), signal)
    line.clear()
    if (asked.json) print(toJson(done.tasks.map(serializeTask)))
    else print(ending(done))
    return valid(done.status)
  } finally {
    line.clear()
  }
}

/** Reads what runs, and changes nothing. */
async function plan(
  config: Config,
  targets: readonly Target[],
  { json, force, width }: UpgradeOptions,
): Promise<string> {
  const planned = await planUpgrades(config, targets)
  if (json) return toJson(serializePlan(config, planned))
  const rows = planned.map(one => [
    one.unit,
    one.image,
    short(one.runs && { id: one.runs.imageId, digest: '' }),
    planInWords(one, force, readPin(config, one.unit)),
  ])
  return formatTable(['UNIT', 'IMAGE', 'RUNS', 'WOULD'], rows, width)
}

/** Standard output is for the JSON at the end. */
const SILENT: Progress = {
  starting: () => {},
  step: () => {},
  finished: () => {},
  waiting: () => {},
  problem: message => log('error', message),
}

/** What has ended is printed; what is at it is seen for as long. */
function progressOn(print: (text: string) => unknown, line: ProgressLine): Progress {
  const say = (text: string) => {
    line.clear()
    print(`${text}\n`)
  }
  return {
    starting: unit => line.show(`${unit}: waits for its turn`),
    step: (unit, step) => line.show(`${unit}: ${step}`),
    finished: task => say(summariseTask(task).line),
    waiting: (unit, ms) => say(`${unit} waits for its window, until ${formatTime(ms)}`),
    problem: say,
  }
}

function ending({ tasks }: Done): string {
  const counts = new Map<string, number>()
  for (const { outcome, state } of tasks)
    counts.set(outcome ?? state, (counts.get(outcome ?? state) ?? 0) + 1)
  const told = [...counts].map(([outcome, count]) => `${count} ${outcome}`)
  return told.length === 0 ? 'no unit to upgrade: see WEBHOOK_MANUAL_UNITS\n' : `${told.join(', ')}\n`
}
