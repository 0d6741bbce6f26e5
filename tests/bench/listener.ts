// systemd's side of the socket, without a service manager: a process of the program for each connection. And a client that
// knows when the last byte of its answer came.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Place } from './place.js'

/** Gives the listener once it listens. Its requests are children of its own. */
export async function listen({ env, serve }: Place, port: number): Promise<ChildProcess> {
  const variables = Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`)
  const args = ['--accept', '--inetd', `--listen=127.0.0.1:${port}`, ...variables, ...serve(process.execPath)]
  const child = spawn('systemd-socket-activate', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  child.on('error', error => {
    throw new Error(`the bench needs systemd-socket-activate, of the package systemd: ${error.message}`)
  })
  child.stderr.setEncoding('utf8')
  for await (const text of child.stderr.iterator({ destroyOnReturn: false }))
    if (text.includes('Listening on')) break
  child.stderr.resume()
  return child
}

const SILENCE_MS = 60_000

export interface Asked {
  readonly status: number
  /** From connecting to the last byte. */
  readonly tookMs: number
}

/** One request on a connection of its own, to its end. */
export async function ask(port: number, bytes: Buffer): Promise<Asked> {
  const began = performance.now()
  let tookMs = Number.NaN
  let answer = ''
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('latin1')
  socket.on('data', text => {
    tookMs = performance.now() - began
    answer += text
  })
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error(`port ${port} is silent`)))
  socket.write(bytes)
  await once(socket, 'close')
  return { status: Number(answer.split(' ', 2)[1]), tookMs }
}

/** The process ids of what `pid` has started and what that has started, itself not included. */
export function childrenOf(pid: number): number[] {
  const children = readOr(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return children.flatMap(child => [child, ...childrenOf(child)])
}

/** What these hold, in MiB; a page that several share counts once (proportional set size). */
export function heldMib(pids: readonly number[]): number {
  const kib = pids.map(pid => Number(/^Pss:\s+(\d+)/m.exec(readOr(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0))
  return kib.reduce((sum, one) => sum + one, 0) / 1024
}

/** Empty where it is gone. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
