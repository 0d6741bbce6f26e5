// Telling people, the journal and the metrics how a task ended. All only tell: a failure here is logged and changes nothing.
import type { Config } from '../config/config.js'
import { exec } from '../host/exec.js'
import { localImage } from '../host/podman-images.js'
import { toJsonLine } from '../json.js'
import { log, logFailure } from '../log.js'
import { readStore } from '../store/copy.js'
import type { Report } from '../store/report.js'
import { deliveriesOf, type Task } from '../store/tasks.js'
import { isGood, journalEntry, summarise } from './report.js'

const NOTIFY_TIMEOUT_MS = 30_000
const LOGGER_TIMEOUT_MS = 5000

/** Writes the journal entry, and runs WEBHOOK_NOTIFY_COMMAND for the outcomes that its owner wants to be told. */
export async function notify(config: Config, task: Task, report: Report): Promise<void> {
  const logged = await exec(['logger', '--journald'], {
    timeoutMs: LOGGER_TIMEOUT_MS,
    input: journalEntry(task, report),
  })
  if (logged.code !== 0)
    log(isGood(report.outcome) ? 'notice' : 'error', `task ${task.id}: ${summarise(task, report)}`)
  const { notifyCommand, notifyOutcomes } = config
  if (notifyCommand === undefined || !notifyOutcomes.includes(report.outcome ?? '')) return
  const { id, unit, image, caller, reason } = task
  const input = toJsonLine({
    task: id,
    deliveries: deliveries(config, id),
    unit,
    image,
    caller,
    reason,
    ...report,
    platform_digest: await platformDigest(task, report),
    sentence: summarise(task, report),
  })
  const told = await exec(['sh', '-c', notifyCommand], { timeoutMs: NOTIFY_TIMEOUT_MS, input })
  if (told.code !== 0) {
    log(
      'warning',
      `WEBHOOK_NOTIFY_COMMAND: ${told.trouble ?? `exit status ${told.code}`} ${told.stderr}`.trimEnd(),
    )
  }
}

/** The ids of those that asked for it; none where the state cannot be read now. */
function deliveries({ stateDir }: Config, id: number): readonly string[] {
  try {
    return readStore(stateDir, store => deliveriesOf(store, id))
  } catch (error) {
    logFailure(error)
    return []
  }
}

/** podman tells it by the reference, and by the id the digest of what the tag named; undefined where the tag names another image now. */
async function platformDigest({ image }: Task, { new: found }: Report): Promise<string | undefined> {
  const local = found && (await localImage(image))
  return local?.id === found?.id ? local?.digest || undefined : undefined
}

/** After a task, a run of the timer, or what a person decides: not while anybody waits for a lock of ours. */
export async function updateMetrics(config: Config): Promise<void> {
  if (config.metricsFile === undefined) return
  const { writeMetrics } = await import('../status/metrics-file.js')
  await writeMetrics(config)
}
