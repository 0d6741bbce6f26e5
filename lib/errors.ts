// Pure: what can go wrong, by whose fault it is. An HttpError (the client's fault, or too early) is a value that every caller
// must handle; a failure (podman, systemd, the disk) is thrown. EXIT says which it was. Failures are recognised by their
// name: each part of the build has its own copy of these classes.

/** Exit statuses, after sysexits.h. `failed` is an upgrade that did not end well, everything else is about us. */
export const EXIT = { ok: 0, failed: 1, usage: 64, bug: 70, tryLater: 75, config: 78 } as const

/** A response that is not the one hoped for. `detail` goes to the client, so it is never built from a secret. */
export interface HttpError {
  readonly status: number
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
}

export function httpError(status: number, detail: string, headers: Record<string, string> = {}): HttpError {
  return { status, detail, headers }
}

/** Everything wrong with the configuration, at once: a sentence for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/** A program that we ran and that did not do as asked. `stderr` is the end of what it said. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly argv: readonly string[]
  readonly code: number | undefined
  readonly stderr: string
  constructor(argv: readonly string[], code: number | undefined, stderr: string, why: string) {
    super(`${argv[0]} ${argv[1] ?? ''}: ${why}${stderr === '' ? '' : `: ${stderr}`}`)
    this.argv = argv
    this.code = code
    this.stderr = stderr
  }
}

/** The state directory could not be used. `advice` tells the person at the host what to do about it. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly advice: string
  constructor(message: string, advice: string, cause?: unknown) {
    super(message, { cause })
    this.advice = advice
  }
}

/** A mistake in the command line itself. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Every failure that is foreseen; anything else that is thrown is a bug. */
export type Failure = ConfigError | CommandFailed | StoreUnavailable | UsageError

/** Undefined for a bug. */
export function asFailure(error: unknown): Failure | undefined {
  const { name } = (error ?? {}) as Error
  const known = ['ConfigError', 'CommandFailed', 'StoreUnavailable', 'UsageError'].includes(name)
  return known ? (error as Failure) : undefined
}

/** The failure of a program. Throws anything else, and first the reason of `signal` where that has ended the program. */
export function asCommandFailed(error: unknown, signal?: AbortSignal): CommandFailed {
  signal?.throwIfAborted()
  const failure = asFailure(error)
  if (failure?.name !== 'CommandFailed') throw error
  return failure
}

/** Of the file system: Node's own errors name the call that failed. */
export const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  typeof (error as NodeJS.ErrnoException).syscall === 'string'

/** What the journal says of a failure: what is wrong, and what to do about it. */
export function describeFailure(error: unknown): readonly string[] {
  const failure = asFailure(error)
  if (failure === undefined) return [`bug: ${(error as Error)?.stack ?? error}`]
  if (failure.name === 'ConfigError') return failure.problems.map(problem => `${problem}; see env.template`)
  return [failure.name === 'StoreUnavailable' ? `${failure.message}; ${failure.advice}` : failure.message]
}
