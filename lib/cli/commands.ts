// What each command does: one call into a journey, which is loaded for it, and what is printed. The only other writer of stdout.
import type { Config } from '../config/config.js'
import { EXIT, UsageError } from '../errors.js'
import { abortOnSignals } from '../host/signals.js'
import { toJson } from '../json.js'
import { describe, type Result } from '../result.js'
import { VERSION } from '../version.js'
import type { ByHandOptions } from './by-hand-commands.js'
import type { UpgradeOptions } from './upgrade-command.js'

export interface SetupArguments {
  readonly units?: string | undefined
  readonly host?: string | undefined
  readonly sender?: string | undefined
  readonly keepAutoUpdate: boolean
  readonly yes: boolean
}

export interface DoctorOptions {
  readonly json: boolean
  readonly offline: boolean
}

const HOUR_MS = 3_600_000

export type UpgradeArguments = Omit<UpgradeOptions, 'width' | 'terminal'>

export async function runUpgrade(config: Config, asked: UpgradeArguments): Promise<number> {
  const { runUpgradeCommand } = await import('./upgrade-command.js')
  const terminal = process.stderr.isTTY ? process.stderr : undefined
  const options = { ...asked, width: terminalWidth(), terminal }
  return valueIn(await runUpgradeCommand(config, options, print, abortOnSignals()))
}

export async function showStatus(
  config: Config,
  asked: { readonly json: boolean; readonly wide: boolean },
): Promise<number> {
  const { readStatus } = await import('../status/status.js')
  const { formatStatus } = await import('./status-table.js')
  const status = await readStatus(config)
  return print(formatStatus(status, { ...asked, width: terminalWidth() }, Date.now()))
}

export const showVersion = (): number => print(`${VERSION}\n`)

/** Of the terminal; undefined for a pipe or a file, where nothing is to be cut. */
function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stdout
  return isTTY ? columns || 80 : undefined
}

export async function decide(config: Config, options: ByHandOptions): Promise<number> {
  const { runByHand } = await import('./by-hand-commands.js')
  const { text, status } = valueIn(await runByHand(config, options, abortOnSignals()))
  print(text)
  return status
}

export async function listUnits(config: Config, json: boolean): Promise<number> {
  const { formatUnits: showUnits } = await import('./list-commands.js')
  print(await showUnits(config, { json, width: terminalWidth() }))
  return EXIT.ok
}

type Filters = Record<string, unknown> & { json: boolean }

export async function listEvents(config: Config, args: Filters): Promise<number> {
  const { formatEvents: showEvents } = await import('./list-commands.js')
  return print(valueIn(showEvents(config, { ...args, width: terminalWidth() }, Date.now())))
}

export async function listTasks(config: Config, args: Filters & { id: string | undefined }): Promise<number> {
  const { formatTasks: showTasks } = await import('./list-commands.js')
  return print(valueIn(showTasks(config, { ...args, width: terminalWidth() }, Date.now())))
}

export async function runPrune(
  config: Config,
  args: { maxAgeHours: string; dryRun: boolean; json: boolean },
): Promise<number> {
  // A text, because an empty one ($UNSET in a script) would be the number 0, and forget everything.
  if (!/^[0-9]+(\.[0-9]+)?$/.test(args.maxAgeHours))
    throw new UsageError('--max-age-hours must be a number, at least 0')
  const { prune } = await import('../store/prune.js')
  const pruned = prune(config, Number(args.maxAgeHours) * HOUR_MS, args.dryRun, Date.now())
  if (args.json) return print(toJson({ dry_run: args.dryRun, ...pruned }))
  const counts = Object.entries(pruned).map(([what, count]) => `${count} ${what}`)
  return print(`${args.dryRun ? 'would remove' : 'removed'} ${counts.join(', ')}\n`)
}

export async function runBackup(
  config: Config,
  { dir, json }: { dir: string; json: boolean },
): Promise<number> {
  const { backup } = await import('../store/copy.js')
  const copied = valueIn(backup(config.stateDir, dir))
  return print(json ? toJson({ dir, copied }) : `copied ${copied.length} files to ${dir}\n`)
}

/** Not given the configuration: that it cannot be read is one of the things to be found. */
export async function runDoctorCommand(
  env: NodeJS.ProcessEnv,
  { json, offline }: DoctorOptions,
): Promise<number> {
  const { runDoctor } = await import('../doctor/doctor.js')
  const { hasProblem, text } = await runDoctor(env, { json, offline, terminal: process.stdout.isTTY })
  print(text)
  return hasProblem ? EXIT.failed : EXIT.ok
}

export async function runSetupCommand(
  env: NodeJS.ProcessEnv,
  { yes, ...options }: SetupArguments,
): Promise<number> {
  const { onTerminal, unasked } = await import('../setup/questions.js')
  const { runSetup } = await import('../setup/setup.js')
  if (!yes && !process.stdin.isTTY) throw new UsageError('setup asks on a terminal; --yes asks nothing')
  const questions = yes ? unasked : onTerminal()
  try {
    return valueIn(await runSetup(env, options, questions, print)) ? EXIT.ok : EXIT.failed
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error
    print('\nNothing was changed.\n') // all questions come before
    return EXIT.failed
  } finally {
    questions.close()
  }
}

/** What was asked for; what is wrong with it is a mistake in the command line. */
function valueIn<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new UsageError(describe(result.problems))
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}
