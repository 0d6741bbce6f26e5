// A real Debian 13 host for tests: systemd, podman, the user `alice` with her own lingering manager, and a registry on
// localhost:5000. It is a container in all but name, so "power" means its processes; its network is loopback alone, and
// commands come in from outside, without a session: a program started here is in no unit unless it asks systemd for one.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ImageOptions, pushImage } from './image.js'
import { type Bind, type Finished, Machine } from './machine.js'
import { requireLab } from './rootfs.js'

export interface As {
  /** Default: root. */
  readonly user?: 'alice'
}

export interface RunOptions extends As {
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  /** Default: two minutes. */
  readonly timeoutMs?: number
  /** Is given what it prints, while it does. */
  readonly onOutput?: (text: string) => void
}

export interface ShellOptions extends RunOptions {
  /** What the script finds as $1, $2, … */
  readonly args?: readonly string[]
}

export interface WriteOptions extends As {
  /** In octal; default 644. */
  readonly mode?: string
}

const SOURCES = fileURLToPath(new URL('../..', import.meta.url))
const BOOT_LIMIT_MS = 180_000
const RUN_LIMIT_MS = 120_000
const POLL_MS = 100

const ALICE = {
  HOME: '/home/alice',
  USER: 'alice',
  LOGNAME: 'alice',
  XDG_RUNTIME_DIR: '/run/user/1000',
  DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus',
}

const IS_UP = 'case $(systemctl "$@" is-system-running) in running | degraded) ;; *) exit 1 ;; esac'

/**
 * Boots a host with this repository at /src (read-only) and `binds`, and gives it once it, alice's manager and the
 * registry are up. Needs root; the first call on a machine makes the file system, which takes about 40 s and a network.
 * The host goes when stop() is called, or when this process ends, in whatever way.
 */
export async function bootHost(options: { readonly binds?: readonly Bind[] } = {}): Promise<Host> {
  requireLab()
  const machine = await Machine.create([{ from: SOURCES, to: '/src' }, ...(options.binds ?? [])])
  const host = new Host(machine)
  try {
    await host.powerOn()
  } catch (error) {
    await machine.remove()
    throw error
  }
  return host
}

export class Host {
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** What this host has on the outside, all of it gone after stop(). */
  get outside(): { readonly directory: string; readonly cgroup: string } {
    return this.#machine
  }

  /** Its process 1, as it is known outside. Throws where it is down. */
  get init(): number {
    return this.#machine.init
  }

  /** Runs `argv` and gives how it ended, well or not. Throws where it is still running at `timeoutMs`. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const { user, input = '', env = {}, timeoutMs = RUN_LIMIT_MS, onOutput } = options
    if (user === undefined) return this.#machine.enter(argv, { input, env, timeoutMs, onOutput })
    const drop = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups']
    return this.#machine.enter([...drop, ...argv], {
      input,
      env: { ...ALICE, ...env },
      timeoutMs,
      onOutput,
    })
  }

  /** Runs a `/bin/sh -eu` script and gives its stdout, trimmed; throws with script and stderr where it does not exit with 0. */
  async sh(script: string, { args = [], ...options }: ShellOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(['/bin/sh', '-euc', script, 'sh', ...args], options)
    if (code === 0) return stdout.trim()
    throw new Error(
      `exit status ${code} of ${options.user ?? 'root'}'s script:\n${script}\n${stdout}\n${stderr}`,
    )
  }

  /** Writes a file, and the directories above it, as their user. */
  async write(path: string, text: string | Buffer, { user, mode = '644' }: WriteOptions = {}): Promise<void> {
    const script = 'mkdir -p -- "$(dirname -- "$1")"; cat >"$1"; chmod "$2" "$1"'
    await this.sh(script, { args: [path, mode], input: text, ...(user === undefined ? {} : { user }) })
  }

  /** Asks `probe` until it says true; a probe that throws has not said it. After `timeoutMs` throws, with the journal. */
  async waitFor(what: string, probe: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs
    let trouble = ''
    while (this.#machine.running && Date.now() < deadline) {
      try {
        if (await probe()) return
        trouble = ''
      } catch (error) {
        trouble = `${error}\n`
      }
      await sleep(POLL_MS)
    }
    const how = this.#machine.running ? `waited ${timeoutMs} ms` : 'the host went down while waiting'
    throw new Error(`${how} for ${what}\n${trouble}${await this.journal()}`)
  }

  /** The last lines of the whole journal, or of alice's own; of the console where the host is down. For messages. */
  async journal(lines = 80, user?: 'alice'): Promise<string> {
    const mine = user === undefined ? [] : [`_UID=1000`, '+', '_SYSTEMD_OWNER_UID=1000']
    try {
      const { stdout } = await this.run([
        'journalctl',
        '--no-pager',
        '-o',
        'short-iso',
        `-n${lines}`,
        ...mine,
      ])
      return stdout
    } catch {
      return this.#machine.console(lines)
    }
  }

  /** Makes an image and pushes it as `ref` (localhost:5000/…), in about a second. Gives its id, 64 hex digits. */
  pushImage(ref: string, image: ImageOptions): Promise<string> {
    return pushImage(this, ref, image)
  }

  /** Boots the host after a powerOff() or kill(), on the same disk, and waits until it is up. */
  async powerOn(): Promise<void> {
    this.#machine.boot()
    const alice = { user: 'alice' } as const
    const isUp = async (): Promise<boolean> => {
      await this.sh(IS_UP)
      await this.sh(IS_UP, { ...alice, args: ['--user'] })
      await this.sh('curl -fsS http://localhost:5000/v2/')
      return true
    }
    await this.waitFor('the host to be up', isUp, BOOT_LIMIT_MS)
  }

  /** Lets the host shut itself down in good order; its disk stays. */
  powerOff(): Promise<void> {
    return this.#machine.halt()
  }

  /** Ends every process of the host at once; what they wrote stays, also what they did not sync. */
  kill(): Promise<void> {
    return this.#machine.kill()
  }

  /** A power cut and the boot after it. */
  async hardReset(): Promise<void> {
    await this.kill()
    await this.powerOn()
  }

  /** Shuts the host down and takes away all it had. May be called twice. */
  async stop(): Promise<void> {
    try {
      await this.powerOff()
    } finally {
      await this.#machine.remove()
    }
  }
}
