// Pure: the state directory and the databases in it.
import type { Config } from '../../config/config.js'
import { type CheckResult, ok, problem, warning } from './finding.js'
import { inMib, systemctl } from './host.js'

/** What the directory is before anything is opened in it; `owner` is undefined where it is not there. */
export interface Directory {
  readonly path: string
  readonly owner: number | undefined
  readonly mode: number
  readonly freeBytes: number | undefined
}

const LITTLE_FOR_STATE = 16 * 1_048_576
const OF_OTHERS = 0o077

/** Undefined where it can be used: then its files are looked at. Opening them as somebody else would spoil them. */
export function judgeDirectory(
  scope: Config['scope'],
  directory: Directory,
  uid: number,
): CheckResult | undefined {
  const { path, owner, mode, freeBytes } = directory
  if (owner === undefined) {
    // The sandbox of a user's request lets it write there, and not make it.
    if (scope === 'user') return problem(`${path} is not there`, `mkdir -p -m 700 ${path}`)
    return ok(`${path} is not there yet; the first request makes it`)
  }
  if (owner !== uid) {
    const fix = `run this as user ${owner}, or: chown -R ${uid} ${path}`
    return problem(`${path} belongs to user ${owner}, and this runs as ${uid}`, fix)
  }
  if ((mode & OF_OTHERS) !== 0) return warning(`others may look into ${path}`, `chmod 700 ${path}`)
  if (freeBytes !== undefined && freeBytes < LITTLE_FOR_STATE) {
    const fix = 'free some space, then pod-upgrade-trigger prune'
    return problem(`only ${inMib(freeBytes)} are free where ${path} is`, fix)
  }
  return undefined
}

/** What came of looking at the files, one after another. */
export interface Databases {
  readonly path: string
  readonly intact: number
  /** Names of those in which SQLite finds mistakes. */
  readonly corrupt: readonly string[]
  /** Too large, or too many, to be looked at in time. */
  readonly unchecked: readonly string[]
  /** Those that were corrupt, and were set aside: before, and while they were looked at just now. */
  readonly keptBefore: readonly string[]
  readonly keptNow: readonly string[]
}

export function judgeDatabases(scope: Config['scope'], found: Databases): CheckResult {
  const { path, intact, corrupt, unchecked, keptBefore, keptNow } = found
  const [first] = corrupt
  if (first !== undefined) return problem(`corrupt: ${corrupt.join(', ')}`, setAside(scope, path, first))
  const [now] = keptNow
  if (now !== undefined)
    return problem(
      `was corrupt, and was replaced by an empty one; the old one is kept: ${keptNow.join(', ')}`,
      recover(path, now),
    )
  const [before] = keptBefore
  if (before !== undefined)
    return warning(`a corrupt database was kept: ${keptBefore.join(', ')}`, recover(path, before))
  if (unchecked.length > 0)
    return warning(`not checked, for want of time: ${unchecked.join(', ')}`, 'pod-upgrade-trigger prune')
  return ok(`${path}, ${intact} databases intact`)
}

/** WEBHOOK_METRICS_FILE; `refusal` is why its directory takes no new file. */
export function judgeMetrics(path: string, refusal: string | undefined): CheckResult {
  if (refusal === undefined) return ok(path)
  const dir = path.slice(0, path.lastIndexOf('/')) || '/'
  const fix =
    refusal === 'ENOENT'
      ? `create ${dir}, or name a file in the directory that the node exporter reads`
      : `let this user write there: setfacl -m u:$USER:rwx ${dir}`
  return warning(`${path} cannot be written (${refusal})`, fix)
}

/** What can be read of it, which may be nothing, beside it; the finding ends with the new name, and nothing is removed. */
const recover = (path: string, name: string): string =>
  `cd ${path} && (sqlite3 ${name} .recover || true) >${name}.sql && mv ${name} ${name}.set-aside`

/** While nothing has it open; the next request makes an empty one. */
function setAside(scope: Config['scope'], path: string, name: string): string {
  const own = 'pod-upgrade-trigger.socket pod-upgrade-trigger.timer'
  const control = systemctl(scope)
  const aside = `${name.replaceAll('/', '-')}.damaged`
  const move = `mkdir ${aside} && mv ${name} ${aside}/ && for f in ${name}-*; do [ ! -e "$f" ] || mv "$f" ${aside}/; done`
  return `${control} stop ${own} && cd ${path} && ${move} && ${control} start ${own}`
}
