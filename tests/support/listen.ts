// systemd's side of the socket, without a service manager.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { command } from './serve.js'
import type { World } from './world.js'

/** A port that nobody listens on, as far as one can know. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.on('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Accept=yes and StandardInput=socket, as in units/. */
export function listen(world: World, port: number): { activator: ChildProcess; log: () => string } {
  const args = ['--accept', '--inetd', `--listen=127.0.0.1:${port}`, 'env', ...command(world.env, 'serve')]
  const activator = spawn('systemd-socket-activate', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  activator.stderr?.on('data', text => {
    log += text
  })
  return { activator, log: () => log }
}
