// What can go wrong, by who is at fault. A refusal (the caller's fault, or not their turn) is a value that
// every journey must handle; a failure (podman, systemd, the disk) is thrown; the exit status says whose it was.

/** Exit statuses, after sysexits.h. `failed` is an upgrade that did not end well, everything else is about us. */
export const EXIT = { ok: 0, failed: 1, usage: 64, bug: 70, tryLater: 75, config: 78 } as const

/** An answer that is not the one hoped for. `detail` goes to the client, so it is never built from a secret. */
export interface Refusal {
  readonly status: number
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
}

export function refuse(status: number, detail: string, headers: Record<string, string> = {}): Refusal {
  return { status, detail, headers }
}

/** Everything wrong with the configuration, at once: a sentence for each mistake. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** A program that we ran and that did not do as asked. `stderr` is the end of what it said. */
export class CommandFailed extends Error {
  readonly argv: readonly string[]
  readonly code: number | undefined
  readonly stderr: string
  constructor(argv: readonly string[], code: number | undefined, stderr: string, why: string) {
    super(`${argv[0]} ${argv[1] ?? ''}: ${why}${stderr === '' ? '' : `: ${stderr}`}`)
    this.name = 'CommandFailed'
    this.argv = argv
    this.code = code
    this.stderr = stderr
  }
}

/** The state directory could not be used. `advice` tells the person at the host what to do about it. */
export class StoreUnavailable extends Error {
  readonly advice: string
  constructor(message: string, advice: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreUnavailable'
    this.advice = advice
  }
}

/** A mistake in the command line itself. */
export class UsageError extends Error {}
