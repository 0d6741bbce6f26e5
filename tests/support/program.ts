// The built program as a person or a timer starts it, in a process group of its own, so that a test can stop it the way
// systemd or the kernel does: children and all.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './host.js'
import { command, ended } from './serve.js'
import type { World } from './world.js'

export interface Task {
  readonly id: number
  readonly unit: string
  readonly state: string
  readonly outcome: string | null
  readonly attempts: number
  readonly report: {
    readonly why?: string
    readonly journal?: string
    readonly steps?: Readonly<Record<string, number>>
  }
}

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly end: Promise<Ended>
}

export function start(world: World, ...args: string[]): Started {
  const child = spawn('env', command(world.env, ...args), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  return { child, end: ended(child).then(({ exitCode, stderr }) => ({ exitCode, stdout, stderr })) }
}

/** `--all --json`, or with units `trigger … --json`, to its end: its tasks, in their order. */
export async function run(world: World, ...args: string[]): Promise<Ended & { readonly tasks: Task[] }> {
  const words = args.some(word => !word.startsWith('-')) ? ['trigger', ...args] : ['--all', ...args]
  const end = await start(world, ...words, '--json').end
  return { ...end, tasks: end.stdout === '' ? [] : JSON.parse(end.stdout) }
}

/** Starts `--all` and gives it when the `nth` call of `what` waits (fixtures/hold.sh). */
export async function startHeld(world: World, what: string, nth = 1): Promise<Started> {
  world.fake(`hold-${what}`, String(nth))
  const started = start(world, '--all', '--json')
  await waitFor(`${what} to be called`, () => existsSync(join(world.fakeDir, 'held')))
  return started
}

/** Everything of its group, at once. */
export async function kill({ child, end }: Started): Promise<void> {
  process.kill(-child.pid!, 'SIGKILL')
  await end
}
