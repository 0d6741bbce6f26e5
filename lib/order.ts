// --all and `trigger` as a person or a timer gives them: the plan, or the run with its progress, in words or JSON.
import { type Done, type Order, type Progress, runAll, targetsOf } from './all.js'
import type { Config } from './config.js'
import { EXIT } from './errors.js'
import { log } from './log.js'
import type { Target } from './match.js'
import { containerOf, containers } from './podman.js'
import type { Problems } from './query.js'
import { short } from './report.js'
import { showTask } from './show.js'
import { formatTable } from './table.js'
import { tell } from './task.js'
import { planCommands } from './trigger.js'
import { parseUnit } from './units.js'

export interface Asked {
  readonly units: readonly string[]
  readonly dryRun: boolean
  readonly force: boolean
  readonly json: boolean
  readonly caller?: string | undefined
  readonly reason?: string | undefined
  /** A person is watching. */
  readonly interactive: boolean
}

/** Gives the exit status, or what is wrong with the command line. */
export async function runOrder(
  config: Config,
  asked: Asked,
  print: (text: string) => unknown,
  signal: AbortSignal,
): Promise<number | Problems> {
  const wrong = asked.units.filter(unit => parseUnit(unit) === undefined)
  if (wrong.length > 0) return wrong.map(field => ({ field, message: 'is not the name of a service unit' }))
  const order: Order = {
    all: asked.units.length === 0,
    units: [...new Set(asked.units.map(unit => parseUnit(unit) ?? unit))],
    force: asked.force,
    caller: asked.caller ?? 'cli',
    reason: asked.reason,
  }
  const targets = await targetsOf(config, order)
  if (isProblems(targets)) return targets.map(({ message }) => ({ field: '', message })) // they name the unit
  if (asked.dryRun) {
    print(await plan(config, targets, asked.json))
    return EXIT.ok
  }
  const done = await runAll(
    config,
    order,
    targets,
    asked.json ? SILENT : progressOn(print, asked.interactive),
    signal,
  )
  if (asked.json) print(`${JSON.stringify(done.tasks.map(showTask), null, 2)}\n`)
  else print(ending(done))
  return done.status
}

const isProblems = (targets: readonly Target[] | Problems): targets is Problems =>
  targets.some(one => 'field' in one)

/** Reads what runs, and changes nothing. */
async function plan(config: Config, targets: readonly Target[], json: boolean): Promise<string> {
  const running = await containers()
  if (json) {
    const planned = targets.map(target => ({
      ...target,
      running_image_id: containerOf(target.unit, running)?.imageId,
      commands: planCommands(config, target, running),
    }))
    return `${JSON.stringify(planned, null, 2)}\n`
  }
  const rows = targets.map(target => {
    const container = containerOf(target.unit, running)
    const todo = container === undefined ? 'nothing: it does not run' : 'pull; restart if the image changed'
    return [target.unit, target.image, short(container && { id: container.imageId, digest: '' }), todo]
  })
  return formatTable(['UNIT', 'IMAGE', 'RUNS', 'WOULD'], rows)
}

/** Standard output is for the JSON at the end. */
const SILENT: Progress = {
  starting: () => {},
  finished: () => {},
  trouble: message => log('error', message),
}

/** On a terminal the line of a unit is begun when it is started, and finished in place. */
function progressOn(print: (text: string) => unknown, interactive: boolean): Progress {
  return {
    starting: unit => interactive && print(`${unit} …`),
    finished: task => print(`${interactive ? '\r\u001b[K' : ''}${tell(task).line}\n`),
    trouble: message => print(`${interactive ? '\r\u001b[K' : ''}${message}\n`),
  }
}

function ending({ tasks }: Done): string {
  const counts = new Map<string, number>()
  for (const { outcome, state } of tasks)
    counts.set(outcome ?? state, (counts.get(outcome ?? state) ?? 0) + 1)
  const told = [...counts].map(([outcome, count]) => `${count} ${outcome}`)
  return told.length === 0 ? 'no unit to upgrade: see WEBHOOK_MANUAL_UNITS\n' : `${told.join(', ')}\n`
}
