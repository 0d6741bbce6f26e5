// The command line: words, options and help, each handler one call into a journey. The only other writer of stdout.
import yargs from 'yargs'
import { readConfig } from './environment.js'
import { ConfigError, EXIT, StoreUnavailable } from './errors.js'
import { escapeControl, log } from './log.js'
import { listEvents } from './store/events.js'
import { withStore } from './store/store.js'
import { listTasks } from './store/tasks.js'
import { runTask } from './upgrade.js'
import { VERSION } from './version.js'

/** Runs one command and gives the exit status. */
export async function cli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let status: number = EXIT.ok
  const parser = yargs([...argv])
    .scriptName('pod-upgrade-trigger')
    .usage('$0 COMMAND\n\nA push becomes a running upgrade: webhooks, podman and systemd, nothing resident.')
    .command('serve', 'answer one HTTP request on standard input (also the default when that is a socket)')
    .command('events', 'what came in, the newest first', listing, ({ json, limit }) => {
      const events = withStore(readConfig(env).stateDir, store => listEvents(store, limit))
      print(
        events,
        json,
        e => `${time(e.ts)}  ${e.status}  ${e.method} ${e.path}  ${e.taskIds.map(id => `task ${id}`)}`,
      )
    })
    .command('tasks', 'what was done, the newest first', listing, ({ json, limit }) => {
      const tasks = withStore(readConfig(env).stateDir, store => listTasks(store, limit))
      print(
        tasks,
        json,
        t => `${t.id}  ${time(t.queuedMs)}  ${t.unit}  ${t.outcome ?? t.state}  ${t.report?.['why'] ?? ''}`,
      )
    })
    .command(
      'run-task <id>',
      false,
      y => y.positional('id', { type: 'number', demandOption: true }),
      async ({ id }) => {
        status = await runTask(readConfig(env), id)
      },
    )
    .demandCommand(1, 'name a command')
    .strict()
    .version(VERSION)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  try {
    await parser.parseAsync()
  } catch (error) {
    return explain(error)
  }
  return status
}

class UsageError extends Error {}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`pod-upgrade-trigger: ${error.message}; see pod-upgrade-trigger --help\n`)
    return EXIT.usage
  }
  if (error instanceof ConfigError) {
    for (const line of error.problems) log('error', `${line}; see env.template`)
    return EXIT.config
  }
  if (error instanceof StoreUnavailable) {
    log('error', `${error.message}; ${error.advice}`)
    return EXIT.tryLater
  }
  log('error', `bug: ${(error as Error).stack ?? error}`)
  return EXIT.bug
}

const listing = (y: ReturnType<typeof yargs>) =>
  y.option('json', { type: 'boolean', default: false }).option('limit', { type: 'number', default: 20 })

const time = (ms: number): string => new Date(ms).toLocaleString('sv')

function print<T>(rows: readonly T[], json: boolean, line: (row: T) => string): void {
  const text = json
    ? `${JSON.stringify(rows, null, 2)}\n`
    : rows.map(row => `${escapeControl(line(row)).trimEnd()}\n`).join('')
  process.stdout.write(text)
}
