// The command line: words, options and help; commands.ts has what each does.
// Built as a part of its own.
import yargs, { type Argv as Yargs } from 'yargs'
import type { Config } from '../config/config.js'
import { readConfig } from '../config/environment.js'
import { EXIT, UsageError } from '../errors.js'
import { exitStatus } from '../exit-status.js'
import { VERSION } from '../version.js'
import {
  type DoctorOptions,
  decide,
  listEvents,
  listTasks,
  listUnits,
  runBackup,
  runDoctorCommand,
  runPrune,
  runSetupCommand,
  runUpgrade,
  type SetupArguments,
  showStatus,
  showVersion,
} from './commands.js'
import { nearest } from './nearest.js'
import {
  withBackup,
  withByHand,
  withDoctor,
  withEventFilters,
  withJson,
  withPrune,
  withSetup,
  withStatus,
  withTaskFilters,
  withUpgradeOptions,
} from './options.js'

/** Runs one command and gives the exit status. */
export async function cli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let status: number = EXIT.ok
  const run = (work: (config: Config) => Promise<number>) => async () => {
    status = await work(readConfig(env))
  }
  const look = async (options: DoctorOptions) => {
    status = await runDoctorCommand(env, options)
  }
  const begin = async (options: SetupArguments) => {
    status = await runSetupCommand(env, options)
  }
  try {
    await listCommands(upgradeCommands(yargs([...argv]), run), run, look)
      .command('setup', 'make this host listen: units, secret, socket, timer', withSetup, args => begin(args))
      .version(VERSION)
      .alias({ h: 'help', V: 'version', v: 'version' })
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new UsageError(whatIsWrong(message, argv))
      })
      .parseAsync()
  } catch (error) {
    const [word = ''] = argv
    return exitStatus(error, `pod-upgrade-trigger ${COMMANDS.includes(word) ? `${word} ` : ''}--help`)
  }
  await flushed()
  return status
}

const COMMANDS =
  'status trigger rollback hold release units events tasks doctor setup prune backup serve version'.split(' ')

/** The parser's own words are about arguments; a person has typed a command. */
function whatIsWrong(message: string, [word = '', ...words]: readonly string[]): string {
  if (word === 'trigger' && words.includes('--all'))
    return 'trigger takes units; --all by itself upgrades all of them'
  if (word.startsWith('-') || COMMANDS.includes(word)) return message
  const meant = nearest(word, COMMANDS)
  return `${word} is no command: ${meant === undefined ? `there are ${COMMANDS.join(', ')}` : `did you mean ${meant}?`}`
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
      args =>
        args.all
          ? run(config => runUpgrade(config, { ...args, units: [] }))()
          : run(config => showStatus(config, { json: args.json, wide: false }))(),
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
    .command('status', 'how each unit is, at a glance (the default)', withStatus, args =>
      run(config => showStatus(config, args))(),
    )
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
    /* In no help: --version is. */ .command('version', false, {}, () => {
      showVersion()
    })
    .example('$0 --all --dry-run', 'what would be done, without doing it')
    .example('$0 trigger web --reason "bad cache"', 'upgrade web.service now')
    .example('$0 tasks --since 1d --status failed', 'what failed since yesterday')
    .example('$0 doctor', 'what is wrong here, and how to fix it')
    .strict()
}
