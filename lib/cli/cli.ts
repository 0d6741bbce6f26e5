// The command line: words, options and help; each handler is one call into a journey. The only other writer of stdout.
// Built as a part of its own.
import yargs, { type Argv as Yargs } from 'yargs'
import type { Config } from '../config/config.js'
import { readConfig } from '../config/environment.js'
import { EXIT, UsageError } from '../errors.js'
import { exitStatus } from '../exit-status.js'
import { abortOnSignals } from '../host/signals.js'
import { toJson } from '../json.js'
import { describe, type Result } from '../result.js'
import { VERSION } from '../version.js'
import type { ByHandOptions } from './by-hand-commands.js'
import {
  withBackup,
  withByHand,
  withDoctor,
  withEventFilters,
  withJson,
  withPrune,
  withTaskFilters,
  withUpgradeOptions,
} from './options.js'
import type { UpgradeOptions } from './upgrade-command.js'

interface DoctorOptions {
  readonly json: boolean
  readonly offline: boolean
}

const HOUR_MS = 3_600_000

/** Runs one command and gives the exit status. */
export async function cli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let status: number = EXIT.ok
  const run = (work: (config: Config) => Promise<number>) => async () => {
    status = await work(readConfig(env))
  }
  const look = async (options: DoctorOptions) => {
    status = await runDoctorCommand(env, options)
  }
  try {
    await listCommands(upgradeCommands(yargs([...argv]), run), run, look)
      .version(VERSION)
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new UsageError(message)
      })
      .parseAsync()
  } catch (error) {
    return exitStatus(error)
  }
  await flushed()
  return status
}

/** A pipe takes 64 KiB at once, and the process is about to exit. A reader that is gone needs no more. */
function flushed(): Promise<void> {
  return new Promise(resolve => {
    process.stdout.on('error', () => resolve())
    process.stdout.write('', () => resolve())
  })
}

type Runner = (work: (config: Config) => Promise<number>) => () => Promise<void>

/** What upgrades, and what a person decides about one unit. */
function upgradeCommands(parser: Yargs, run: Runner): Yargs {
  return parser
    .scriptName('pod-upgrade-trigger')
    .usage('A push becomes a running upgrade: webhooks, podman and systemd, nothing resident.')
    .command(
      '$0',
      false,
      y =>
        withUpgradeOptions(y).option('all', {
          type: 'boolean',
          describe: 'upgrade every enabled unit, one after another',
        }),
      args => {
        if (!args.all) throw new UsageError('name a command, or --all')
        return run(config => runUpgrade(config, { ...args, units: [] }))()
      },
    )
    .command('serve', 'answer one HTTP request on standard input (the default when that is a socket)')
    .command(
      'trigger <unit..>',
      'upgrade these units and wait for the outcome',
      y => withUpgradeOptions(y).positional('unit', { type: 'string', array: true, demandOption: true }),
      args => run(config => runUpgrade(config, { ...args, units: args.unit }))(),
    )
    .command(
      'rollback <unit>',
      'go back to the image before the last upgrade, and stay there',
      withByHand,
      args => run(config => decide(config, { ...args, verb: 'rollback' }))(),
    )
    .command('hold <unit>', 'stay on the image that runs', withByHand, args =>
      run(config => decide(config, { ...args, verb: 'hold' }))(),
    )
    .command('release <unit>', 'follow the tag again, after a hold or a rollback', withByHand, args =>
      run(config => decide(config, { ...args, verb: 'release' }))(),
    )
}

/** What only looks, or forgets. */
function listCommands(parser: Yargs, run: Runner, look: (options: DoctorOptions) => Promise<void>): Yargs {
  return parser
    .command('units', 'the units that may be upgraded, and their webhook paths', withJson, args =>
      run(config => listUnits(config, args.json))(),
    )
    .command('events', 'requests and runs, newest first', withEventFilters, args =>
      run(c => listEvents(c, args))(),
    )
    .command('tasks [id]', 'tasks, newest first', withTaskFilters, args => run(c => listTasks(c, args))())
    .command('prune', 'delete old records', withPrune, args => run(config => runPrune(config, args))())
    .command('backup <dir>', 'copy the databases, for shells and backups', withBackup, args =>
      run(config => runBackup(config, args))(),
    )
    .command('doctor', 'check this installation', withDoctor, args => look(args))
    .example('$0 --all --dry-run', 'what would be done, without doing it')
    .example('$0 trigger web --reason "bad cache"', 'upgrade web.service now')
    .example('$0 tasks --since 1d --status failed', 'what failed since yesterday')
    .example('$0 doctor', 'what is wrong here, and how to fix it')
    .strict()
}

type UpgradeArguments = Omit<UpgradeOptions, 'interactive'>

async function runUpgrade(config: Config, asked: UpgradeArguments): Promise<number> {
  const { runUpgradeCommand } = await import('./upgrade-command.js')
  const options = { ...asked, interactive: process.stdout.isTTY }
  return valueIn(await runUpgradeCommand(config, options, print, abortOnSignals()))
}

async function decide(config: Config, options: ByHandOptions): Promise<number> {
  const { runByHand } = await import('./by-hand-commands.js')
  const { text, status } = valueIn(await runByHand(config, options, abortOnSignals()))
  print(text)
  return status
}

async function listUnits(config: Config, json: boolean): Promise<number> {
  const { formatUnits: showUnits } = await import('./list-commands.js')
  print(await showUnits(config, json))
  return EXIT.ok
}

type Filters = Record<string, unknown> & { json: boolean }

async function listEvents(config: Config, args: Filters): Promise<number> {
  const { formatEvents: showEvents } = await import('./list-commands.js')
  return print(valueIn(showEvents(config, args, Date.now())))
}

async function listTasks(config: Config, args: Filters & { id: number | undefined }): Promise<number> {
  const { formatTasks: showTasks } = await import('./list-commands.js')
  return print(valueIn(showTasks(config, args, Date.now())))
}

async function runPrune(
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

async function runBackup(config: Config, { dir, json }: { dir: string; json: boolean }): Promise<number> {
  const { backup } = await import('../store/copy.js')
  const copied = valueIn(backup(config.stateDir, dir))
  return print(json ? toJson({ dir, copied }) : `copied ${copied.length} files to ${dir}\n`)
}

/** Not given the configuration: that it cannot be read is one of the things to be found. */
async function runDoctorCommand(env: NodeJS.ProcessEnv, { json, offline }: DoctorOptions): Promise<number> {
  const { runDoctor } = await import('../doctor/doctor.js')
  const { hasProblem, text } = await runDoctor(env, { json, offline, terminal: process.stdout.isTTY })
  print(text)
  return hasProblem ? EXIT.failed : EXIT.ok
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
