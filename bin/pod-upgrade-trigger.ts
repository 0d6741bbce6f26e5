// The entry: a socket on standard input, or the word `serve`, is a request. `run-task` and `drain` are what requests have
// left to do. Anything else is a command line; of that, --version needs nothing to be loaded.
import { fstatSync, writeSync } from 'node:fs'
import { VERSION } from '../lib/version.js'

process.umask(0o077) // everything this program writes is for its own user
const argv = process.argv.slice(2)
const serving = (argv[0] === 'serve' && argv.length === 1) || (argv.length === 0 && fstatSync(0).isSocket())
const [word = '', ...words] = argv
if (argv.length === 1 && argv[0] === '--version') {
  writeSync(1, `${VERSION}\n`)
  process.exit(0)
}

async function run(): Promise<number> {
  if (serving) return (await import('../lib/request/serve.js')).serve(process.env)
  if (word === 'run-task')
    return (await import('../lib/tasks/run-task-command.js')).runTaskCommand(process.env, words)
  if (word === 'drain') return (await import('../lib/spool/process.js')).processSpool(process.env, words)
  return (await import('../lib/cli/cli.js')).cli(argv, process.env)
}

run().then(
  status => process.exit(status),
  error => {
    process.stderr.write(`<3>bug: ${error?.stack ?? error}\n`)
    process.exit(70)
  },
)
