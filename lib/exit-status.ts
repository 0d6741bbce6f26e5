// The end of a command that failed: what is wrong on stderr, and as a status whose fault it was.
import { asFailure, describeFailure, EXIT, type Failure } from './errors.js'
import { logFailure } from './log.js'

const STATUS: Readonly<Record<Failure['name'], number>> = {
  ConfigError: EXIT.config,
  StoreUnavailable: EXIT.tryLater,
  CommandFailed: EXIT.failed,
  UsageError: EXIT.usage,
}

/** Says what is wrong on stderr, and gives the exit status. */
export function exitStatus(error: unknown, help = 'pod-upgrade-trigger --help'): number {
  const failure = asFailure(error)
  if (failure?.name === 'UsageError')
    process.stderr.write(`pod-upgrade-trigger: ${describeFailure(error)[0]}; see ${help}\n`)
  else logFailure(error)
  return failure === undefined ? EXIT.bug : STATUS[failure.name]
}
