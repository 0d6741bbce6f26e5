// The service manager, by its own commands: systemd-run starts tasks, systemctl restarts units and waits for the job.
import type { Config } from './config.js'
import { CommandFailed } from './errors.js'
import { type Argv, type ExecOptions, finishQuick, output, outputQuick } from './exec.js'
import { MAX_CHECK_MS } from './judge.js'

const QUICK_MS = 10_000
const RELOAD_MS = 60_000 // the generators of all units run
type Scope = Config['scope']

/** First of a command's options. */
export const userFlag = (scope: Scope): string[] => (scope === 'user' ? ['--user'] : [])

/** Tasks that one process runs, one after another. */
export interface Batch {
  readonly ids: readonly number[]
  /** Every enabled unit was asked for, so the auto-update unit is started after them. */
  readonly all: boolean
}

/**
 * The transient unit that runs a batch. Its name is the mutex: systemd refuses a second unit with the same one. Every
 * enabled unit at once goes by the newest of its tasks: a batch with that one in it was made when no newer one was.
 */
export const taskUnit = ({ ids, all }: Batch): string =>
  `pod-upgrade-trigger-${all ? 'all' : 'task'}-${Math.max(...ids)}.service`

/** Where this program is: how a task starts it again. */
export interface Self {
  readonly node: string
  readonly script: string
}

/** Beyond the task's own time limits: pulls with their retries, the restart, the watch, and all of that once more. */
const timeLimitSecs = (config: Config): number =>
  Math.ceil((config.pullTimeoutMs * 3 + (config.healthTimeoutMs + MAX_CHECK_MS) * 2) / 1000) + 600

/**
 * systemd-run(1) for tasks. Only ids and paths are in it, because everybody may read the command line and the
 * environment of a unit. The manager expands `$` in arguments; doubling it works on every version, whereas
 * --expand-environment=no is unknown before systemd 254 (RHEL 9 and Debian 12 have 252).
 */
export function startTaskArgv(config: Config, self: Self, batch: Batch): Argv {
  const ids = batch.ids.map(String)
  const command = [self.node, self.script, 'run-task', ...(batch.all ? ['--all'] : []), ...ids]
  return [
    'systemd-run',
    ...userFlag(config.scope),
    '--collect',
    '--no-block',
    '--quiet',
    `--unit=${taskUnit(batch)}`,
    `--description=pod-upgrade-trigger task ${ids.join(' ')}`,
    '--slice=pod-upgrade-trigger.slice',
    `--property=RuntimeMaxSec=${timeLimitSecs(config) * ids.length}`,
    '--property=TimeoutStopSec=30',
    `--setenv=WEBHOOK_ENV_FILE=${config.envFile ?? ''}`,
    `--setenv=WEBHOOK_STATE_DIR=${config.stateDir}`,
    `--setenv=WEBHOOK_SCOPE=${config.scope}`,
    '--',
    ...command.map(argument => argument.replaceAll('$', '$$$$')),
  ]
}

/** Starts the batch's unit without waiting for it; where it runs already, that is well too. Throws CommandFailed. */
export async function startTask(config: Config, self: Self, batch: Batch): Promise<void> {
  const argv = startTaskArgv(config, self, batch)
  const { code, stderr, trouble } = await finishQuick(argv, QUICK_MS)
  if (code === 0 || /was already loaded|already exists/.test(stderr)) return
  throw new CommandFailed(argv, code, stderr, trouble ?? `exit status ${code}`)
}

export const restartArgv = (scope: Scope, unit: string): Argv => [
  'systemctl',
  ...userFlag(scope),
  'restart',
  '--',
  unit,
]

export const resetArgv = (scope: Scope, unit: string): Argv => [
  'systemctl',
  ...userFlag(scope),
  'reset-failed',
  '--',
  unit,
]

/**
 * Restarts and waits for the job. The start counter is reset before: five starts in ten seconds, ours included, would
 * otherwise leave the unit down (StartLimitBurst=, systemd.unit(5)). Throws CommandFailed where the job failed.
 */
export async function restart(scope: Scope, unit: string, options: ExecOptions): Promise<void> {
  await finishQuick(resetArgv(scope, unit), QUICK_MS) // fails for a unit that is not loaded; restart loads it
  await waitForJob(restartArgv(scope, unit), options)
}

/** A job is canceled where somebody else's takes its place: what comes of that one is to be seen, and no failure yet. */
async function waitForJob(argv: Argv, options: ExecOptions): Promise<void> {
  try {
    await output(argv, options)
  } catch (error) {
    if (!(error instanceof CommandFailed) || !/^Job for \S+ canceled/m.test(error.stderr)) throw error
  }
}

export const startAndWaitArgv = (scope: Scope, units: readonly string[]): Argv => [
  'systemctl',
  ...userFlag(scope),
  'start',
  '--',
  ...units,
]

/** Starts, or joins the starts that are queued already, and waits for the jobs. Throws CommandFailed where one failed. */
export async function startAndWait(
  scope: Scope,
  units: readonly string[],
  options: ExecOptions,
): Promise<void> {
  await waitForJob(startAndWaitArgv(scope, units), options)
}

/** --no-block, because the caller of the webhook does not wait for what the unit does. */
export const startArgv = (scope: Scope, unit: string): Argv => [
  'systemctl',
  ...userFlag(scope),
  'start',
  '--no-block',
  '--',
  unit,
]

/** Queues the start of a unit. Throws CommandFailed where the manager refuses. */
export async function start(scope: Scope, unit: string): Promise<void> {
  await outputQuick(startArgv(scope, unit), QUICK_MS)
}

export const catArgv = (scope: Scope, unit: string): Argv => [
  'systemctl',
  ...userFlag(scope),
  'cat',
  '--no-pager',
  '--',
  unit,
]

/** The unit's file and its drop-ins, in the order in which systemd applies them; empty where there is none. */
export async function cat(scope: Scope, unit: string): Promise<string> {
  return (await finishQuick(catArgv(scope, unit), QUICK_MS)).stdout
}

export const reloadArgv = (scope: Scope): Argv => ['systemctl', ...userFlag(scope), 'daemon-reload']

/** Makes systemd read unit files, and run the generators, again. Throws CommandFailed. */
export async function reload(scope: Scope): Promise<void> {
  await outputQuick(reloadArgv(scope), RELOAD_MS)
}

export const journalArgv = (scope: Scope, unit: string): Argv => [
  'journalctl',
  ...userFlag(scope),
  '--no-pager',
  '--quiet',
  '--lines=20',
  '--output=cat',
  `--unit=${unit}`,
]

/** The last lines the unit logged; empty where the journal cannot be read, because it only decorates a report. */
export async function journalTail(scope: Scope, unit: string): Promise<string> {
  const { stdout } = await finishQuick(journalArgv(scope, unit), QUICK_MS)
  return stdout.slice(-4000)
}
