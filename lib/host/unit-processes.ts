// Whose container it is, by evidence. Each container has a monitor, conmon, and podman leaves the monitor of what a unit has
// started in that unit's control group (libpod/oci_conmon_common.go: it looks for $INVOCATION_ID). A label is none: any image
// may carry it. Nor is a process of the container's own that is called conmon.
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import type { Config } from '../config/config.js'
import { CommandFailed } from '../errors.js'
import { type Argv, execShort, QUICK_MS, understand } from './exec.js'
import { userFlag } from './systemd.js'

type Scope = Config['scope']

export const processesArgv = (scope: Scope, unit: string): Argv => [
  'busctl',
  ...userFlag(scope),
  ...['--json=short', '--', 'call', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1'],
  ...['org.freedesktop.systemd1.Manager', 'GetUnitProcesses', 's', unit],
]

const Process = v.looseTuple([v.string(), v.number(), v.string()])
const Processes = v.object({ data: v.tuple([v.array(Process)]) })

export interface Monitor {
  /** The control group. */
  readonly group: string
  readonly pid: number
  readonly containerId: string
}

/** Control group, process id and command line of each process of a unit. Throws where it is no JSON. */
export function parseMonitors(text: string): Monitor[] {
  const [processes] = v.parse(Processes, JSON.parse(text)).data
  return processes.flatMap(([group, pid, command]) => {
    const containerId = /^\S*conmon\s(?:.*\s)?-c (\S+)/.exec(command)?.[1]
    return containerId === undefined ? [] : [{ group, pid, containerId }]
  })
}

/** The ids of the containers whose monitors run in the unit. Throws CommandFailed; a unit that is not loaded has none. */
export const monitoredBy = async (scope: Scope, unit: string): Promise<ReadonlySet<string>> =>
  containersOf(await monitorsIn(scope, unit))

/** The slice that all units of a manager are in. */
const ROOT = '-.slice'

/** The same of all units, which are told apart by their control groups. Throws CommandFailed. */
export async function monitoredInAll(scope: Scope): Promise<(controlGroup: string) => ReadonlySet<string>> {
  const all = await monitorsIn(scope, ROOT)
  return controlGroup => containersOf(within(controlGroup, all))
}

/** Those of a group and of what is below it; a unit that does not run has an empty text for a group. */
export const within = (controlGroup: string, monitors: readonly Monitor[]): readonly Monitor[] =>
  controlGroup === '' ? [] : monitors.filter(({ group }) => `${group}/`.startsWith(`${controlGroup}/`))

const containersOf = (monitors: readonly Monitor[]): ReadonlySet<string> =>
  new Set(monitors.map(({ containerId }) => containerId))

async function monitorsIn(scope: Scope, unit: string): Promise<readonly Monitor[]> {
  const argv = processesArgv(scope, unit)
  const { code, stdout, stderr, trouble } = await execShort(argv, QUICK_MS)
  if (code === 0)
    return understand(argv, () => parseMonitors(stdout)).filter(({ pid }) => isOutsideOfContainers(pid))
  if (/not loaded|not found/i.test(stderr)) return []
  throw new CommandFailed(argv, code, stderr, trouble ?? `exit status ${code}`)
}

/** A process in a container has an id of its own there, behind ours (NSpid, proc_pid_status(5)). */
function isOutsideOfContainers(pid: number): boolean {
  try {
    return /^NSpid:\s+\d+$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false // it has ended
  }
}
