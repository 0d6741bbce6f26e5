// Runs programs to their end, with a time limit and a bounded memory of what they said. Nothing goes through a shell.
// Output is text; a program that fails is a CommandFailed carrying the end of its stderr. execa runs what takes its time,
// and is loaded when it is wanted: that costs a request more than the programs do that it waits for.
import { type ChildProcess, type ExecFileException, execFile } from 'node:child_process'
import { CommandFailed } from '../errors.js'

export type Argv = readonly [string, ...string[]]

export interface ExecResult {
  /** undefined where a signal or the time limit ended it, or it could not be started. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** Why it did not exit by itself, in words; undefined where it did. */
  readonly trouble: string | undefined
}

/** For a program that only asks or queues something. */
export const QUICK_MS = 10_000
/** For podman, whose first start after a boot may have to repair its storage. */
export const PODMAN_MS = 30_000

const MAX_OUTPUT_BYTES = 16 * 1_048_576
const STDERR_TAIL = 2000

export interface ExecOptions {
  readonly timeoutMs: number
  readonly input?: string
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Ends the program when it is aborted. */
  readonly signal?: AbortSignal
}

/** A program that did not exit by itself: not started (a code in words), ended at its limit, or by somebody's signal. */
function whyEnded({ code, killed, signal, message }: ExecFileException, timeoutMs: number): string {
  if (typeof code === 'string') return message
  return killed ? gaveUp(timeoutMs) : `ended by ${signal}`
}

const gaveUp = (timeoutMs: number): string => `gave up after ${timeoutMs / 1000} s`

/** Nobody is left behind by a process that has given its answer; execa sees to that by itself. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Runs a program that only asks or queues something, and gives how it ended, well or not. Never throws. */
export function execShort([file, ...args]: Argv, timeoutMs: number): Promise<ExecResult> {
  const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const
  return new Promise(resolve => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      running.delete(child)
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined
      const trouble = code === undefined && error !== null ? whyEnded(error, timeoutMs) : undefined
      const tail = stderr.trimEnd().slice(-STDERR_TAIL)
      resolve({ code, stdout: stdout.replace(/\n$/, ''), stderr: tail, trouble })
    })
    running.add(child)
    child.stdin?.on('error', () => {}).end() // a program need not read its input
  })
}

/** Loads what finish() needs, while something else is waited for. */
export const preloadExeca = (): Promise<unknown> => import('execa')

/** Runs a program for as long as it may take, and gives how it ended, well or not. Never throws for what it did. */
export async function exec([file, ...args]: Argv, options: ExecOptions): Promise<ExecResult> {
  const { execa } = await import('execa')
  const result = await execa(file, args, {
    reject: false,
    stripFinalNewline: true,
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: options.timeoutMs,
    forceKillAfterDelay: 5000,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  const trouble = result.timedOut
    ? gaveUp(options.timeoutMs)
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

/** As finish, but gives the stdout alone; throws CommandFailed where the program did not exit with 0. */
export const execStdout = async (argv: Argv, options: ExecOptions): Promise<string> =>
  outputOf(argv, await exec(argv, options))

/** As finishQuick, but gives the stdout alone; throws CommandFailed where the program did not exit with 0. */
export const execShortStdout = async (argv: Argv, timeoutMs: number): Promise<string> =>
  outputOf(argv, await execShort(argv, timeoutMs))

/** Reads what a program printed. Throws CommandFailed where it is not understood: that is no bug of ours. */
export function understand<T>(argv: Argv, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new CommandFailed(argv, 0, '', `printed what is not understood: ${(error as Error).message}`)
  }
}

function outputOf(argv: Argv, { code, stdout, stderr, trouble }: ExecResult): string {
  if (code === 0) return stdout
  throw new CommandFailed(argv, code, stderr, trouble ?? `exit status ${code}`)
}
