// WEBHOOK_METRICS_FILE: what the node exporter of Prometheus tells of us, since nothing of ours is there to be asked. Written whole
// beside it and renamed, for the collector may be reading. It only tells: a failure is logged, and changes nothing.
// Built as a part of its own.
import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.js'
import { describeFailure, isFileError } from '../errors.js'
import { userName } from '../host/systemd.js'
import { log } from '../log.js'
import { readStore } from '../store/copy.js'
import { lock } from '../store/files/lock.js'
import { lastTimerRun, refusedTotals, taskTotals } from '../store/files/totals.js'
import { listTasks, unfinishedTasks } from '../store/tasks.js'
import { VERSION } from '../version.js'
import { formatFamilies } from './exposition.js'
import { type Facts, metricsOf } from './metrics.js'
import { readStatus } from './status.js'

/** Longer than a look at the host takes. */
const LOCK_MS = 60_000

/** Never throws. */
export async function writeMetrics(config: Config): Promise<void> {
  if (config.metricsFile === undefined) return
  try {
    // One after another, each with its own look: what is written last was seen last.
    const held = lock(join(config.stateDir, 'locks', 'metrics.lock'), LOCK_MS)
    try {
      replace(config.metricsFile, formatFamilies(metricsOf(await readFacts(config))))
    } finally {
      held?.release()
    }
  } catch (error) {
    log('warning', `WEBHOOK_METRICS_FILE: ${why(error, config.metricsFile)}`)
  }
}

async function readFacts(config: Config): Promise<Facts> {
  const { units } = await readStatus(config)
  return readStore(config.stateDir, store => ({
    user: userName(),
    version: VERSION,
    nowMs: Date.now(),
    units,
    totals: taskTotals(store.events),
    refused: refusedTotals(store.events),
    upgrades: units.flatMap(({ unit }) => {
      const found = ['updated', 'rolled-back'].flatMap(status => listTasks(store, { unit, status, limit: 1 }))
      return found.sort((one, other) => other.id - one.id).slice(0, 1)
    }),
    unfinished: unfinishedTasks(store),
    timerMs: lastTimerRun(store.events),
  }))
}

/** The directory may be another user's: a file of ours is made, and no link of theirs is followed. */
function replace(path: string, text: string): void {
  const next = `${path}.new`
  rmSync(next, { force: true })
  try {
    const fd = openSync(next, 'wx', 0o644)
    try {
      fchmodSync(fd, 0o644) // our umask is for secrets, and the exporter is another user
      writeFileSync(fd, text)
    } finally {
      closeSync(fd)
    }
    renameSync(next, path)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
}

function why(error: unknown, path: string): string {
  if (!isFileError(error)) return `${path} is not written: ${describeFailure(error).join('; ')}`
  return `cannot write ${path}: ${error.message}; ${adviceFor(error, dirname(path))}`
}

function adviceFor({ code = '' }: NodeJS.ErrnoException, dir: string): string {
  if (code === 'ENOENT')
    return `create ${dir}, or name a file in the directory that the node exporter reads (--collector.textfile.directory)`
  if (/EACCES|EPERM/.test(code)) return `let this user write there: setfacl -m u:${userName()}:rwx ${dir}`
  return `look at ${dir}, or name another file`
}
