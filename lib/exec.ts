// The only user of execa: runs a program to its end, with a time limit and a bounded memory of what it said. Nothing
// goes through a shell. Output is text; a program that fails is a CommandFailed carrying the end of its stderr.
import { execa } from 'execa'
import { CommandFailed } from './errors.js'

export type Argv = readonly [string, ...string[]]

export interface Finished {
  /** undefined where a signal or the time limit ended it, or it could not be started. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** Why it did not exit by itself, in words; undefined where it did. */
  readonly trouble: string | undefined
}

const MAX_OUTPUT_BYTES = 16 * 1_048_576
const STDERR_TAIL = 2000

export interface ExecOptions {
  readonly timeoutMs: number
  readonly input?: string
  readonly signal?: AbortSignal
}

/** Runs `argv` and gives how it ended, well or not. Never throws for what the program did. */
export async function finish(argv: Argv, options: ExecOptions): Promise<Finished> {
  const [file, ...args] = argv
  const result = await execa(file, args, {
    reject: false,
    stripFinalNewline: true,
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: options.timeoutMs,
    forceKillAfterDelay: 5000,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  const trouble = result.timedOut
    ? `gave up after ${options.timeoutMs / 1000} s`
    : result.exitCode === undefined
      ? (result.originalMessage ?? result.shortMessage)
      : undefined
  return {
    code: result.exitCode,
    stdout: result.stdout ?? '',
    stderr: (result.stderr ?? '').slice(-STDERR_TAIL),
    trouble,
  }
}

/** Runs `argv` and gives its stdout; throws CommandFailed where it did not exit with 0. */
export async function output(argv: Argv, options: ExecOptions): Promise<string> {
  const { code, stdout, stderr, trouble } = await finish(argv, options)
  if (code === 0) return stdout
  throw new CommandFailed(argv, code, stderr, trouble ?? `exit status ${code}`)
}
