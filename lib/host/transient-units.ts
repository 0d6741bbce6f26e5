// Transient units, in which this program goes on when its process has ended: tasks, and looks at what they did. systemd-run(1)
// gives them an environment of their own, whatever that of the caller is.
import type { Config } from '../config/config.js'
import { CommandFailed } from '../errors.js'
import { type Argv, execShort, execShortStdout, PODMAN_MS, QUICK_MS } from './exec.js'
import { userFlag } from './systemd.js'
import type { Command } from './unit-commands.js'

/** Tasks that one process runs, one after another. */
export interface Batch {
  readonly ids: readonly number[]
  /** Every enabled unit was asked for, so the auto-update unit is started after them. */
  readonly all: boolean
  /** Started at once. Another unit than without: that one may be about to find that its task has to wait. */
  readonly force?: boolean
}

/**
 * The transient unit that runs a batch. Its name is the mutex: systemd refuses a second unit with the same one. Every
 * enabled unit at once goes by the newest of its tasks: a batch with that one in it was made when no newer one was.
 */
export const taskUnit = ({ ids, all, force = false }: Batch): string =>
  `pod-upgrade-trigger-${all ? 'all' : 'task'}-${Math.max(...ids)}${force ? '-forced' : ''}.service`

/** Where this program is: how a later process is started. */
export interface Self {
  readonly node: string
  readonly script: string
}

const thisProgram = (): Self => ({ node: process.execPath, script: process.argv[1] ?? '' })

/**
 * A task whose process died (killed, out of memory, out of time) is started again, a few times; one that has ended is not,
 * whatever its exit status says of the upgrade (EXIT in lib/errors.ts).
 */
const RESTART_LOST = [
  '--property=Restart=on-failure',
  '--property=RestartSec=5',
  '--property=RestartPreventExitStatus=1 64 78',
  '--property=StartLimitIntervalSec=3600',
  '--property=StartLimitBurst=5',
] as const

/**
 * systemd-run(1) of this program. Only ids and paths are in it, because everybody may read the command line and the
 * environment of a unit. The manager expands `$` in arguments; doubling it works on every version, whereas
 * --expand-environment=no is unknown before systemd 254 (RHEL 9 and Debian 12 have 252).
 */
function transientArgv(
  { scope, envFile, stateDir }: Config,
  { node, script }: Self,
  options: readonly string[],
  words: readonly string[],
): Argv {
  return [
    'systemd-run',
    ...userFlag(scope),
    '--collect',
    ...options,
    `--setenv=WEBHOOK_ENV_FILE=${envFile ?? ''}`,
    `--setenv=WEBHOOK_STATE_DIR=${stateDir}`,
    `--setenv=WEBHOOK_SCOPE=${scope}`,
    '--',
    ...[node, script, ...words].map(word => word.replaceAll('$', '$$$$')),
  ]
}

const taskOptions = (timeLimitSecs: number): readonly string[] => [
  '--slice=pod-upgrade-trigger.slice',
  `--property=RuntimeMaxSec=${timeLimitSecs}`,
  '--property=TimeoutStopSec=30',
  ...RESTART_LOST,
]

/** For tasks. `timeLimitSecs` is for each of them. */
export function startTaskArgv(config: Config, self: Self, batch: Batch, timeLimitSecs: number): Argv {
  const ids = batch.ids.map(String)
  const options = [
    '--no-block',
    '--quiet',
    `--unit=${taskUnit(batch)}`,
    `--description=pod-upgrade-trigger task ${ids.join(' ')}`,
    ...taskOptions(timeLimitSecs * ids.length),
  ]
  return transientArgv(config, self, options, ['run-task', ...(batch.all ? ['--all'] : []), ...ids])
}

/** Starts the batch's unit without waiting for it; where it runs already, that is well too. Throws CommandFailed. */
export async function startTask(config: Config, batch: Batch, timeLimitSecs: number): Promise<void> {
  await startUnlessThere(startTaskArgv(config, thisProgram(), batch, timeLimitSecs))
}

async function startUnlessThere(argv: Argv): Promise<void> {
  const { code, stderr, trouble } = await execShort(argv, QUICK_MS)
  if (code === 0 || /was already loaded|already exists/.test(stderr)) return
  throw new CommandFailed(argv, code, stderr, trouble ?? `exit status ${code}`)
}

/** systemd-run(1) for a task that waits until then. Its name, with the time in it, is the mutex: one wake-up of a task at a time. */
export function wakeTaskArgv(
  config: Config,
  self: Self,
  { id, atMs }: { readonly id: number; readonly atMs: number },
  timeLimitSecs: number,
): Argv {
  const secs = Math.ceil(atMs / 1000)
  const utc = new Date(secs * 1000).toISOString().replace('T', ' ').slice(0, 19)
  const options = [
    '--quiet',
    `--unit=pod-upgrade-trigger-window-${id}-${secs}`,
    `--description=pod-upgrade-trigger task ${id} in its window`,
    `--on-calendar=${utc} UTC`, // not --on-active=, which stands still while the host sleeps
    '--timer-property=AccuracySec=1s',
    ...taskOptions(timeLimitSecs),
  ]
  return transientArgv(config, self, options, ['run-task', String(id)])
}

/** Where it is to be woken then already, that is well too. Throws CommandFailed. */
export const wakeTask = (config: Config, id: number, atMs: number, timeLimitSecs: number): Promise<void> =>
  startUnlessThere(wakeTaskArgv(config, thisProgram(), { id, atMs }, timeLimitSecs))

/** systemd-run(1) for the look at an upgraded unit `secs` later: a transient timer, so that nothing waits. */
export function aftercareArgv(config: Config, self: Self, taskId: number, secs: number): Argv {
  const options = [
    '--quiet',
    `--unit=pod-upgrade-trigger-aftercare-${taskId}-${secs}`,
    `--description=pod-upgrade-trigger after-care of task ${taskId}`,
    `--on-active=${secs}`,
    '--timer-property=AccuracySec=1s',
    '--slice=pod-upgrade-trigger.slice',
  ]
  return transientArgv(config, self, options, ['run-task', '--aftercare', String(taskId)])
}

/** Throws CommandFailed. */
export async function startAftercare(config: Config, taskId: number, secs: number): Promise<void> {
  await execShortStdout(aftercareArgv(config, thisProgram(), taskId, secs), QUICK_MS)
}

/** systemd-run(1) for a fetch of GitHub's keys, which a request has no network for. One at a time: its name is the mutex. */
export function keyFetchArgv(config: Config, self: Self): Argv {
  const options = [
    '--no-block',
    '--quiet',
    '--unit=pod-upgrade-trigger-keys.service',
    '--description=pod-upgrade-trigger keys of GitHub Actions',
    '--slice=pod-upgrade-trigger.slice',
    '--property=RuntimeMaxSec=60',
  ]
  return transientArgv(config, self, options, ['run-task', '--fetch-keys'])
}

/** Starts it without waiting for it; where it runs already, that is well too. Throws CommandFailed. */
export const startKeyFetch = (config: Config): Promise<void> =>
  startUnlessThere(keyFetchArgv(config, thisProgram()))

/** systemd-run(1) of this program, whose output is wanted. */
export const outsideArgv = (config: Config, self: Self, words: readonly string[]): Argv =>
  transientArgv(
    config,
    self,
    ['--quiet', '--wait', '--pipe', '--slice=pod-upgrade-trigger.slice', '--setenv=WEBHOOK_IS_OUTSIDE=1'],
    words,
  )

/** What this program prints where no sandbox holds it. Throws CommandFailed. */
export const outside = (config: Config, words: readonly string[]): Promise<string> =>
  execShortStdout(outsideArgv(config, thisProgram(), words), PODMAN_MS)

/**
 * What a pinned unit runs before each of its starts: the word of its owner, who may have edited it since (refresh-pin.ts). While
 * a task of ours holds the unit's lock there is nothing to do; whatever goes wrong, the unit starts.
 */
export function refreshPinCommand(config: Config, unit: string, lockFile: string): Command {
  const options = ['--wait', '--quiet', '--slice=pod-upgrade-trigger.slice', '--property=RuntimeMaxSec=60']
  const words = ['run-task', '--refresh-pin', unit]
  return {
    path: '/bin/sh',
    words: [
      ...['/bin/sh', '-c', '"$@"; exit 0', 'sh'],
      ...['flock', '--nonblock', lockFile],
      ...transientArgv(config, thisProgram(), options, words),
    ],
    flags: ['ignore-failure', 'no-env-expand', ...(config.scope === 'system' ? ['privileged'] : [])],
  }
}
