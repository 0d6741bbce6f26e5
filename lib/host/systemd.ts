// The service manager, by its own commands: systemctl restarts units and waits for the job.
import { userInfo } from 'node:os'
import type { Config } from '../config/config.js'
import { asCommandFailed } from '../errors.js'
import { type Argv, type ExecOptions, execShort, execShortStdout, execStdout, QUICK_MS } from './exec.js'

const RELOAD_MS = 60_000 // the generators of all units run
type Scope = Config['scope']

/** The name of whoever runs this; the number where nobody gave it one. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.())
  }
}

/** First of a command's options. */
export const userFlag = (scope: Scope): string[] => (scope === 'user' ? ['--user'] : [])

export const systemctlArgv = (scope: Scope, ...words: readonly string[]): Argv => [
  'systemctl',
  ...userFlag(scope),
  ...words,
]

export const restartArgv = (scope: Scope, unit: string): Argv => systemctlArgv(scope, 'restart', '--', unit)

export const resetArgv = (scope: Scope, unit: string): Argv =>
  systemctlArgv(scope, 'reset-failed', '--', unit)

/**
 * Restarts and waits for the job. The start counter is reset before: five starts in ten seconds, ours included, would
 * otherwise leave the unit down (StartLimitBurst=, systemd.unit(5)). Throws CommandFailed where the job failed.
 */
export async function restart(scope: Scope, unit: string, options: ExecOptions): Promise<void> {
  await execShort(resetArgv(scope, unit), QUICK_MS) // fails for a unit that is not loaded; restart loads it
  await waitForJob(restartArgv(scope, unit), options)
}

/** A job is canceled where somebody else's takes its place: what comes of that one is to be seen, and no failure yet. */
async function waitForJob(argv: Argv, options: ExecOptions): Promise<void> {
  try {
    await execStdout(argv, options)
  } catch (error) {
    if (!/^Job for \S+ canceled/m.test(asCommandFailed(error).stderr)) throw error
  }
}

export const startAndWaitArgv = (scope: Scope, units: readonly string[]): Argv =>
  systemctlArgv(scope, 'start', '--', ...units)

/** Starts, or joins the starts that are queued already, and waits for the jobs. Throws CommandFailed where one failed. */
export async function startAndWait(
  scope: Scope,
  units: readonly string[],
  options: ExecOptions,
): Promise<void> {
  await waitForJob(startAndWaitArgv(scope, units), options)
}

/** --no-block, because the caller of the webhook does not wait for what the unit does. */
export const startArgv = (scope: Scope, unit: string): Argv =>
  systemctlArgv(scope, 'start', '--no-block', '--', unit)

/** Queues the start of a unit. Throws CommandFailed where the manager refuses. */
export async function start(scope: Scope, unit: string): Promise<void> {
  await execShortStdout(startArgv(scope, unit), QUICK_MS)
}

export const catArgv = (scope: Scope, unit: string): Argv =>
  systemctlArgv(scope, 'cat', '--no-pager', '--', unit)

/** The unit's file and its drop-ins, in the order in which systemd applies them; empty where there is none. */
export async function cat(scope: Scope, unit: string): Promise<string> {
  return (await execShort(catArgv(scope, unit), QUICK_MS)).stdout
}

/** The same, and undefined where there is none. Throws CommandFailed where the manager does not answer. */
export async function catIfThere(scope: Scope, unit: string): Promise<string | undefined> {
  try {
    return await execShortStdout(catArgv(scope, unit), QUICK_MS)
  } catch (error) {
    if (/No files found for /.test(asCommandFailed(error).stderr)) return undefined
    throw error
  }
}

export const reloadArgv = (scope: Scope): Argv => systemctlArgv(scope, 'daemon-reload')

/** Makes systemd read unit files, and run the generators, again. Throws CommandFailed. */
export async function reload(scope: Scope): Promise<void> {
  await execShortStdout(reloadArgv(scope), RELOAD_MS)
}

export const lastJobArgv = (scope: Scope, unit: string): Argv => [
  'journalctl',
  ...userFlag(scope),
  ...['--boot', '--no-pager', '--quiet', '--lines=1', '--output=json', '--output-fields=JOB_TYPE'],
  ...[`--unit=${unit}`, 'JOB_TYPE=start', 'JOB_TYPE=restart', 'JOB_TYPE=stop'],
]

interface Job {
  readonly type: string
  /** On the clock that the manager's own times have, us. */
  readonly us: number
}

async function lastJob(scope: Scope, unit: string): Promise<Job | undefined> {
  const { stdout } = await execShort(lastJobArgv(scope, unit), QUICK_MS)
  const type = /"JOB_TYPE"\s*:\s*"(\w+)"/.exec(stdout)?.[1]
  const us = Number(/"__MONOTONIC_TIMESTAMP"\s*:\s*"([0-9]+)"/.exec(stdout)?.[1] ?? 0)
  return type === undefined ? undefined : { type, us }
}

/** Whether the last that anybody asked for was that the unit stops; undefined where the journal does not tell. */
export async function wasStopped(scope: Scope, unit: string): Promise<boolean | undefined> {
  const job = await lastJob(scope, unit)
  if (job?.type !== 'stop') return job && false
  return !(await isConsequence(scope, unit, job))
}

/** Empty where the manager does not say. */
async function property(scope: Scope, unit: string, name: string): Promise<string> {
  const argv = systemctlArgv(scope, 'show', `--property=${name}`, '--value', '--', unit)
  return (await execShort(argv, QUICK_MS)).stdout
}

/**
 * Whether the manager itself asked, because what the unit is bound to, such as its pod, had ended by itself before. A person who stops
 * that stops the unit too.
 */
async function isConsequence(scope: Scope, unit: string, { us }: Job): Promise<boolean> {
  const boundTo = await property(scope, unit, 'BindsTo')
  const services = boundTo.split(' ').filter(name => name.endsWith('.service'))
  const found = await Promise.all(
    services.map(async bound => {
      const job = await lastJob(scope, bound)
      const endedUs = Number(await property(scope, bound, 'ActiveExitTimestampMonotonic'))
      return job !== undefined && job.type !== 'stop' && job.us < endedUs && endedUs <= us
    }),
  )
  return found.includes(true)
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
  const { stdout } = await execShort(journalArgv(scope, unit), QUICK_MS)
  return stdout.slice(-4000)
}
