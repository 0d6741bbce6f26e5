// The command line: words, options and help; each handler is one call into a journey. The only other writer of stdout.
import yargs, { type Argv as Yargs } from 'yargs'
import type { Config } from './config.js'
import { readConfig } from './environment.js'
import { EXIT, UsageError } from './errors.js'
import { exitStatus } from './exit.js'
import { interruption } from './interruption.js'
import type { Asked } from './order.js'
import type { Problems } from './query.js'
import { VERSION } from './version.js'

const HOUR_MS = 3_600_000
const DEFAULT_MAX_AGE_HOURS = '720' // 30 days

/** Runs one command and gives the exit status. */
export async function cli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let status: number = EXIT.ok
  const run = (work: (config: Config) => Promise<number>) => async () => {
    status = await work(readConfig(env))
  }
  const look = async (json: boolean) => {
    status = await examine(env, json)
  }
  try {
    await commands(yargs([...argv]), run, look)
      .version(VERSION)
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new UsageError(message)
      })
      .parseAsync()
  } catch (error) {
    return exitStatus(error)
  }
  return status
}

type Runner = (work: (config: Config) => Promise<number>) => () => Promise<void>

function commands(parser: Yargs, run: Runner, look: (json: boolean) => Promise<void>): Yargs {
  return parser
    .scriptName('pod-upgrade-trigger')
    .usage('A push becomes a running upgrade: webhooks, podman and systemd, nothing resident.')
    .command(
      '$0',
      false,
      y =>
        withOrder(y).option('all', {
          type: 'boolean',
          describe: 'upgrade every enabled unit, one after another',
        }),
      args => {
        if (!args.all) throw new UsageError('name a command, or --all')
        return run(config => order(config, { ...args, units: [] }))()
      },
    )
    .command('serve', 'answer one HTTP request on standard input (the default when that is a socket)')
    .command(
      'trigger <unit..>',
      'upgrade these units and wait for the outcome',
      y => withOrder(y).positional('unit', { type: 'string', array: true, demandOption: true }),
      args => run(config => order(config, { ...args, units: args.unit }))(),
    )
    .command('units', 'the units that may be upgraded, and their webhook paths', withJson, args =>
      run(config => listUnits(config, args.json))(),
    )
    .command('events', 'what came in, the newest first', withEventFilters, args =>
      run(c => listEvents(c, args))(),
    )
    .command('tasks [id]', 'what was done, the newest first', withTaskFilters, args =>
      run(c => listTasks(c, args))(),
    )
    .command('prune', 'forget what is old', withPrune, args => run(config => forget(config, args))())
    .command('doctor', 'look for what is wrong with this installation', withJson, args => look(args.json))
    .example('$0 --all --dry-run', 'what would be done, without doing it')
    .example('$0 trigger web --reason "bad cache"', 'upgrade web.service now')
    .example('$0 tasks --since 1d --status failed', 'what failed since yesterday')
    .example('$0 doctor', 'what is wrong here, and the commands that mend it')
    .strict()
}

const withJson = (y: Yargs) => y.option('json', { type: 'boolean', default: false, describe: 'for programs' })

const withOrder = (y: Yargs) =>
  withJson(y)
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'say what would be done, change nothing',
    })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'also unchanged, stopped and known bad ones',
    })
    .option('caller', { type: 'string', describe: 'who asks, for the record' })
    .option('reason', { type: 'string', describe: 'why, for the record' })

const withFilters = (y: Yargs) =>
  withJson(y)
    .option('since', { type: 'string', describe: 'such as 2h, 7d or 2026-01-31' })
    .option('unit', { type: 'string' })
    .option('limit', { type: 'string', default: '20' })
    .option('before', { type: 'string', describe: 'older than this id: the next page' })

const withEventFilters = (y: Yargs) =>
  withFilters(y)
    .option('status', { type: 'string', describe: 'an HTTP status' })
    .option('action', { type: 'string' })
    .option('request-id', { type: 'string' })

const withTaskFilters = (y: Yargs) =>
  withFilters(y)
    .positional('id', { type: 'number' })
    .option('status', { type: 'string', describe: 'a state or an outcome' })

const withPrune = (y: Yargs) =>
  withJson(y)
    .option('max-age-hours', { type: 'string', default: DEFAULT_MAX_AGE_HOURS })
    .option('dry-run', { type: 'boolean', default: false, describe: 'count, and forget nothing' })

type Ordered = Omit<Asked, 'interactive'>

async function order(config: Config, asked: Ordered): Promise<number> {
  const { runOrder } = await import('./order.js')
  const done = await runOrder(config, { ...asked, interactive: process.stdout.isTTY }, print, interruption())
  return isProblems(done) ? complain(done) : done
}

async function listUnits(config: Config, json: boolean): Promise<number> {
  const { showUnits } = await import('./lists.js')
  print(await showUnits(config, json))
  return EXIT.ok
}

type Filters = Record<string, unknown> & { json: boolean }

async function listEvents(config: Config, args: Filters): Promise<number> {
  const { showEvents } = await import('./lists.js')
  const shown = showEvents(config, args, Date.now())
  return isProblems(shown) ? complain(shown) : print(shown)
}

async function listTasks(config: Config, args: Filters & { id: number | undefined }): Promise<number> {
  const { showTasks } = await import('./lists.js')
  const shown = showTasks(config, args, Date.now())
  return isProblems(shown) ? complain(shown) : print(shown)
}

async function forget(
  config: Config,
  args: { maxAgeHours: string; dryRun: boolean; json: boolean },
): Promise<number> {
  // A text, because an empty one ($UNSET in a script) would be the number 0, and forget everything.
  if (!/^[0-9]+(\.[0-9]+)?$/.test(args.maxAgeHours))
    throw new UsageError('--max-age-hours must be a number, at least 0')
  const { prune } = await import('./prune.js')
  const pruned = prune(config, Number(args.maxAgeHours) * HOUR_MS, args.dryRun, Date.now())
  if (args.json) return print(`${JSON.stringify({ dry_run: args.dryRun, ...pruned }, null, 2)}\n`)
  const counts = Object.entries(pruned).map(([what, count]) => `${count} ${what}`)
  return print(`${args.dryRun ? 'would remove' : 'removed'} ${counts.join(', ')}\n`)
}

/** Not given the configuration: that it cannot be read is one of the things to be found. */
async function examine(env: NodeJS.ProcessEnv, json: boolean): Promise<number> {
  const { runDoctor } = await import('./doctor.js')
  const { hasProblem, text } = await runDoctor(env, { json, terminal: process.stdout.isTTY })
  print(text)
  return hasProblem ? EXIT.failed : EXIT.ok
}

const isProblems = (value: unknown): value is Problems => Array.isArray(value)

function complain(problems: Problems): never {
  throw new UsageError(problems.map(({ field, message }) => `${field} ${message}`.trim()).join('; '))
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}
