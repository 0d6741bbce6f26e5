// Bytes in, bytes out, through the real binary: over TCP with the socket as fd 0 (as systemd hands it over), through
// real pipes (Node's own child pipes are sockets, hence cat), and from a file. Ends when the process has ended.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
export const BINARY = join(ROOT, 'bin/pod-upgrade-trigger.cjs')
export type Env = Readonly<Record<string, string>>

export interface Reply {
  /** 0 where nothing was answered. */
  readonly status: number
  /** By lower-case name. Of the first answer: a second would be in the body. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly json: unknown
  readonly raw: Buffer
  readonly stderr: string
  readonly exitCode: number | null
  /** Of the client's socket, such as ECONNRESET. */
  readonly trouble: string | undefined
}

/** The command line of the program with this environment and nothing else; tap puts its own into whatever is started. */
export const command = (env: Env, ...args: string[]): string[] => {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return ['-i', ...assignments, process.execPath, BINARY, ...args]
}

/** What a client does with its socket; by default it sends all and waits, without saying that it is done. */
export type Client = (socket: Socket) => unknown

/** `started` is given the process, as soon as there is one. */
export async function overSocket(
  env: Env,
  client: Client,
  started: (child: ChildProcess) => unknown = () => {},
): Promise<Reply> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const sent = talk(port, client)
  const [socket] = await accepted
  server.close()
  const child = spawn('env', command(env, 'serve'), { stdio: [socket, 'ignore', 'pipe'] })
  socket.destroy() // our copy of it
  started(child)
  const [{ stderr, exitCode }, { raw, trouble }] = await Promise.all([ended(child), sent])
  return { ...parse(raw), stderr, exitCode, trouble }
}

/** One connection as a client, to its end. */
export async function talk(
  port: number,
  client: Client,
): Promise<{ raw: Buffer; trouble: string | undefined }> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const chunks: Buffer[] = []
  let trouble: string | undefined
  socket.on('data', chunk => chunks.push(chunk))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    trouble = error.code
  })
  socket.on('end', () => socket.end())
  socket.on('connect', () => client(socket))
  await new Promise(resolve => socket.on('close', resolve))
  return { raw: Buffer.concat(chunks), trouble }
}

/** Through two pipes. Standard input is closed after `bytes`, or where it is `open` when the answer is there. */
export async function overPipe(env: Env, bytes: Uint8Array, open = false): Promise<Reply> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  const script = 'cat | "$@" | cat; exit ${PIPESTATUS[1]}'
  const child = spawn('bash', ['-c', script, 'bash', 'env', ...command(env, 'serve')])
  child.stdin.on('error', () => {}) // EPIPE, where it was refused before all was read
  child.stdin.write(bytes)
  if (open) child.stdout.once('data', () => child.stdin.end())
  else child.stdin.end()
  const chunks: Buffer[] = []
  child.stdout.on('data', chunk => chunks.push(chunk))
  const { stderr, exitCode } = await ended(child)
  return { ...parse(Buffer.concat(chunks)), stderr, exitCode, trouble: undefined }
}

/** `serve < request > answer`, the two files in `dir`. */
export async function overFile(env: Env, bytes: Uint8Array, dir: string): Promise<Reply> {
  writeFileSync(join(dir, 'request'), bytes)
  const files = [openSync(join(dir, 'request'), 'r'), openSync(join(dir, 'answer'), 'w')] as const
  const child = spawn('env', command(env, 'serve'), { stdio: [...files, 'pipe'] })
  const { stderr, exitCode } = await ended(child)
  files.forEach(closeSync)
  return { ...parse(readFileSync(join(dir, 'answer'))), stderr, exitCode, trouble: undefined }
}

export async function ended(child: ChildProcess): Promise<{ stderr: string; exitCode: number | null }> {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { stderr, exitCode }
}

export function parse(raw: Buffer): Pick<Reply, 'raw' | 'status' | 'headers' | 'body' | 'json'> {
  const text = raw.toString()
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n')
  const headers = Object.fromEntries(
    lines.map(line => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
  const body = end < 0 ? text : text.slice(end + 4)
  const json: unknown =
    headers['content-type']?.endsWith('json') && body.endsWith('\n') ? JSON.parse(body) : undefined
  return { raw, status: Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(first)?.[1] ?? 0), headers, body, json }
}
