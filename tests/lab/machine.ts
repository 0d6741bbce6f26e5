// One systemd-nspawn container and all it owns on this machine: a directory, a cgroup, processes. It gets a cgroup of its
// own, since nspawn would put every container into the same /payload, and since cgroup.kill ends all of it at once, which
// killing nspawn does not: its init lives on. janitor.sh takes away what is left; it waits for the end of a pipe that
// this process alone holds, so it also runs after a crash or a SIGKILL.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LAB, rootfs } from './rootfs.js'

const JANITOR = fileURLToPath(new URL('janitor.sh', import.meta.url))
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const HALT_LIMIT_MS = 180_000
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
/** How long the `timeout` inside may take to end its process group, before we end the nsenter around it. */
const GRACE_MS = 15_000

/** What an outside path is called inside; read-only unless said otherwise. */
export interface Bind {
  readonly from: string
  readonly to: string
  readonly writable?: boolean
}

export interface Finished {
  /** 128 + the signal's number where a signal ended it, as a shell says it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface EnterOptions {
  readonly env: Readonly<Record<string, string>>
  readonly input: string | Buffer
  readonly timeoutMs: number
  /** Is given what it prints, while it does. */
  readonly onOutput?: ((text: string) => void) | undefined
}

export class Machine {
  readonly directory = mkdtempSync(`${LAB}/lab-${process.pid}-`)
  readonly cgroup = cgroupOf(this.directory)
  readonly #args: readonly string[]
  readonly #janitor = startJanitor(this.directory)
  #nspawn: ChildProcess | undefined
  #boots = 0

  private constructor(usr: string, binds: readonly Bind[]) {
    this.#args = nspawnArgs(this.directory, usr, binds)
  }

  /** A machine with its own copy of the file system, not yet booted. */
  static async create(binds: readonly Bind[]): Promise<Machine> {
    const cached = await rootfs()
    await sweep()
    const machine = new Machine(`${cached}/usr`, binds)
    mkdirSync(`${machine.directory}/usr`)
    await promisify(execFile)('cp', ['-a', '--reflink=auto', `${cached}/root`, machine.directory])
    return machine
  }

  get running(): boolean {
    return this.#nspawn?.exitCode === null && this.#nspawn.signalCode === null
  }

  /** Starts the host and returns at once; enter() throws until its init is there. */
  boot(): void {
    const cgroup = `${this.cgroup}/${++this.#boots}`
    mkdirSync(cgroup, { recursive: true })
    const console = openSync(`${this.directory}/console.log`, 'a')
    const join = 'echo $$ >"$0/cgroup.procs" && exec systemd-nspawn "$@"'
    this.#nspawn = spawn('/bin/sh', ['-c', join, cgroup, ...this.#args], {
      env: { PATH, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', SYSTEMD_NSPAWN_LOCK: '0' },
      stdio: ['ignore', console, console],
      detached: true,
    })
    this.#nspawn.unref()
    closeSync(console)
  }

  /** Runs `argv` inside as root and gives how it ended; throws where it cannot be run, or was still running at its limit. */
  enter(argv: readonly string[], { env, input, timeoutMs, onOutput }: EnterOptions): Promise<Finished> {
    const variables = Object.entries({ PATH, HOME: '/root', LANG: 'C.UTF-8', ...env }).map(
      ([k, v]) => `${k}=${v}`,
    )
    const limit = ['timeout', '--kill-after=5', String(timeoutMs / 1000)]
    const inside = ['env', '-i', ...variables, ...limit, ...argv]
    const args = ['-t', String(this.init), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w', ...inside]
    const options = {
      timeout: timeoutMs + GRACE_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    } as const
    const started = Date.now()
    return new Promise((resolve, reject) => {
      const child = execFile('nsenter', args, options, (error, stdout, stderr) => {
        const signal = child.signalCode === null ? 0 : 128 + constants.signals[child.signalCode]
        const code = child.exitCode ?? signal
        const late = Date.now() - started >= timeoutMs && (code === 124 || code === 137)
        if (late)
          reject(new Error(`still running after ${timeoutMs} ms: ${argv.join(' ')}\n${stdout}\n${stderr}`))
        else if (error !== null && typeof error.code === 'string') reject(error)
        else resolve({ code, stdout, stderr })
      })
      for (const stream of onOutput ? [child.stdout, child.stderr] : []) stream?.on('data', onOutput!)
      child.stdin?.on('error', () => {}) // a program need not read its input
      child.stdin?.end(input)
    })
  }

  /** Lets the host shut itself down. Throws where it has not after three minutes. */
  async halt(): Promise<void> {
    this.#nspawn?.kill('SIGTERM') // nspawn passes it on as the request that its init understands
    await this.#ended('did not shut down')
  }

  /** Ends every process of the host at once, as a power cut would; what was written stays. */
  async kill(): Promise<void> {
    if (this.running) writeFileSync(`${this.cgroup}/cgroup.kill`, '1')
    await this.#ended('did not die')
  }

  /** Takes away whatever there still is of it, running or not. */
  async remove(): Promise<void> {
    await dismiss(this.#janitor)
  }

  /** The last `lines` of what the host wrote to its console, over all its boots. */
  console(lines: number): string {
    return readFileSync(`${this.directory}/console.log`, 'utf8').split('\n').slice(-lines).join('\n')
  }

  async #ended(complaint: string): Promise<void> {
    const deadline = Date.now() + HALT_LIMIT_MS
    while (this.running) {
      if (Date.now() > deadline) throw new Error(`the host ${complaint}:\n${this.console(40)}`)
      await sleep(20)
    }
  }

  /** The outside id of the host's process 1. It changes with every boot, also one that was asked for inside. */
  get init(): number {
    const scope = readFileSync(`${this.cgroup}/${this.#boots}/payload/init.scope/cgroup.procs`, 'utf8')
    const isInit = (pid: string): boolean =>
      /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    const init = scope.trim().split('\n').find(isInit)
    if (init === undefined) throw new Error('the host has no init')
    return Number(init)
  }
}

function nspawnArgs(directory: string, usr: string, binds: readonly Bind[]): readonly string[] {
  const bind = ({ from, to, writable }: Bind): string =>
    `--bind${writable === true ? '' : '-ro'}=${from}:${to}`
  return [
    `--directory=${directory}/root`,
    `--overlay=${usr}:${directory}/usr:/usr`,
    `--machine=${nameOf(directory)}`,
    ...['--boot', '--register=no', '--keep-unit', '--private-network', '--capability=all'],
    '--system-call-filter=@mount @keyring bpf perf_event_open @known',
    ...['--bind=/dev/fuse', '--bind=/dev/net/tun'],
    ...binds.map(bind),
  ]
}

/** Takes away what processes left that are no more, where even their janitor was killed. */
async function sweep(): Promise<void> {
  for (const entry of await readdir(LAB)) {
    const owner = /^(?:lab|building)-(\d+)/.exec(entry)?.[1]
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) await dismiss(startJanitor(`${LAB}/${entry}`))
  }
}

function startJanitor(directory: string): ChildProcess {
  const args = [directory, cgroupOf(directory)]
  const janitor = spawn(JANITOR, args, { stdio: ['pipe', 'ignore', 'inherit'], detached: true })
  janitor.unref()
  return janitor
}

async function dismiss(janitor: ChildProcess): Promise<void> {
  if (janitor.exitCode !== null) return
  janitor.ref()
  janitor.stdin?.end()
  await once(janitor, 'exit')
}

const nameOf = (directory: string): string => directory.slice(LAB.length + 1)

function cgroupOf(directory: string): string {
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1]
  if (mount === undefined)
    throw new Error('the lab needs a cgroup2 file system: mount -t cgroup2 none /sys/fs/cgroup')
  return `${mount}/${nameOf(directory)}`
}
