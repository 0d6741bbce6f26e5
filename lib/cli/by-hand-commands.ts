// hold, release and rollback: what a person decides about one unit, in words or JSON.
import type { Config } from '../config/config.js'
import { EXIT } from '../errors.js'
import { toJson } from '../json.js'
import { invalid, type Result, valid } from '../result.js'
import { type ByHand, holdUnit, releaseUnit, rollBackUnit } from '../tasks/by-hand.js'
import { updateMetrics } from '../tasks/notify.js'
import { summariseTask } from '../tasks/report.js'
import { serializeTask } from '../tasks/serialize.js'
import { unitOfWord } from './unit-words.js'

export interface ByHandOptions {
  readonly verb: ByHand['verb']
  readonly unit: string
  readonly json: boolean
  readonly caller?: string | undefined
  readonly reason?: string | undefined
}

/** Gives what to print and the exit status, or what is wrong with the command line. */
export async function runByHand(
  config: Config,
  { verb, json, ...options }: ByHandOptions,
  signal: AbortSignal,
): Promise<Result<{ readonly text: string; readonly status: number }>> {
  const unit = unitOfWord(options.unit)
  if (unit === undefined)
    return invalid({ field: options.unit, message: 'is not the name of a service unit' })
  const asked: ByHand = { verb, unit, caller: options.caller ?? 'cli', reason: options.reason }
  if (verb !== 'rollback') {
    const said = await (verb === 'hold' ? holdUnit : releaseUnit)(config, asked, signal)
    if (!said.ok) return said
    await updateMetrics(config)
    return valid({
      text: json ? toJson({ unit, verb, told: said.value }) : `${said.value}\n`,
      status: EXIT.ok,
    })
  }
  const done = await rollBackUnit(config, asked, signal)
  if (!done.ok) return done
  await updateMetrics(config)
  const { value: task } = done
  if (task === undefined)
    return valid({ text: `${unit} is rolled back by another process\n`, status: EXIT.ok })
  const text = json ? toJson(serializeTask(task)) : `${summariseTask(task).line}\n`
  return valid({ text, status: task.outcome === 'rolled-back' ? EXIT.ok : EXIT.failed })
}
