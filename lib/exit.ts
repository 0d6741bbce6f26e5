// The end of a command that failed: a line for each thing that is wrong, what to do about it, and whose fault it was.
import { CommandFailed, ConfigError, EXIT, StoreUnavailable, UsageError } from './errors.js'
import { log } from './log.js'

/** Says what is wrong on stderr, and gives the exit status. */
export function exitStatus(error: unknown): number {
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
  if (error instanceof CommandFailed) {
    log('error', error.message)
    return EXIT.failed
  }
  log('error', `bug: ${(error as Error).stack ?? error}`)
  return EXIT.bug
}
