// A lab host on which the program is installed by its own target and listens, for root or for alice: what the tests of
// units, ways in and load share. Every path and flag that differs between the two is here, so a test says neither.
import { bootHost, type Host } from './host.js'

export type Scope = 'rootful' | 'rootless'

export const TOKEN = 'lab-token-not-for-anything-else'

/** As curl saw it. */
export interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came; what a test reads in it, it asserts.
  readonly body: any
}

/** The rows of `tasks --json`, as far as tests look at them. */
export interface Task {
  readonly id: number
  readonly unit: string
  readonly state: string
  readonly outcome?: string
  readonly caller?: string
  readonly attempts: number
  readonly started_ms: number
  readonly finished_ms: number
  readonly report?: { readonly step?: string; readonly why?: string; readonly old?: { readonly id: string } }
}

export interface Event {
  readonly method: string
  readonly ts: number
  readonly task_ids: readonly number[]
}

/** Boots, installs, writes `env` as the configuration, and starts the socket. After-care is only for tests that ask for it. */
export async function installed(scope: Scope, env: string): Promise<Site> {
  const site = new Site(await bootHost(), scope)
  await site.sh(`make -C /src ${scope === 'rootful' ? 'install' : 'install-user'}`)
  await site.write('pod-upgrade-trigger/env', `WEBHOOK_AFTERCARE_SECS=0\n${env}`, '600')
  await site.sh(`${site.systemctl} enable --now pod-upgrade-trigger.socket`)
  return site
}

export class Site {
  readonly systemctl: string
  readonly #conf: string
  readonly #as: { readonly user?: 'alice' }

  constructor(
    readonly host: Host,
    scope: Scope,
  ) {
    this.systemctl = scope === 'rootful' ? 'systemctl' : 'systemctl --user'
    this.#conf = scope === 'rootful' ? '/etc' : '/home/alice/.config'
    this.#as = scope === 'rootful' ? {} : { user: 'alice' }
  }

  sh(script: string, timeoutMs = 300_000): Promise<string> {
    return this.host.sh(script, { ...this.#as, timeoutMs })
  }

  /** A file below /etc, or below ~/.config. */
  write(path: string, text: string, mode = '644'): Promise<void> {
    return this.host.write(`${this.#conf}/${path}`, text, { ...this.#as, mode })
  }

  /** A symbolic link below /etc, or below ~/.config. */
  link(path: string, target: string): Promise<string> {
    const file = `${this.#conf}/${path}`
    return this.sh(`mkdir -p "$(dirname ${file})"; ln -sf ${target} ${file}`)
  }

  /** A unit file or a drop-in of the manager; a reload has to follow. */
  unit(path: string, text: string): Promise<void> {
    return this.write(`systemd/${this.systemctl === 'systemctl' ? 'system' : 'user'}/${path}`, text)
  }

  /** A quadlet that is quick to stop and needs no network; a reload has to follow. */
  container(name: string, image: string, more = ''): Promise<void> {
    const text = `[Container]\nImage=${image}\nPodmanArgs=--stop-timeout=1\n${more.includes('Pod=') ? '' : 'Network=none\n'}${more}`
    return this.write(`containers/systemd/${name}.container`, text)
  }

  /**
   * Reloads, and starts units one after another: many first pulls at once are not what is tested. Nor is the first rootless start
   * after a boot, which systemd ends as `protocol` now and then, whatever is installed; so what fails is started once more.
   */
  start(...units: readonly string[]): Promise<string> {
    const starts = units.map(unit => `${this.systemctl} start ${unit} || ${this.systemctl} start ${unit}`)
    return this.sh([`${this.systemctl} daemon-reload`, ...starts].join('\n'))
  }

  /** Runs the installed program. Its exit status is not looked at where the command ends in `|| true`. */
  program(command: string): Promise<string> {
    return this.sh(`PATH="$HOME/.local/bin:/usr/local/bin:$PATH" pod-upgrade-trigger ${command}`)
  }

  async tasks(): Promise<Task[]> {
    return JSON.parse(await this.program('tasks --json --limit 1000'))
  }

  /** How many units are kept on an image. */
  async pins(): Promise<number> {
    const units: { pin?: object }[] = JSON.parse(await this.program('units --json'))
    return units.filter(({ pin }) => pin !== undefined).length
  }

  async events(): Promise<Event[]> {
    return JSON.parse(await this.program('events --json --limit 1000'))
  }

  /** One request with curl; `token` empty: without one. */
  async call(method: string, path: string, body?: object, token = TOKEN): Promise<Answered> {
    const bearer = token === '' ? '' : `-H 'Authorization: Bearer ${token}'`
    const data = body === undefined ? '' : `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`
    const url = `http://127.0.0.1:9787${path}`
    const [text = '', status] = (
      await this.sh(`curl -sS -m 60 -X ${method} ${bearer} ${data} -w '\\n%{http_code}' '${url}'`)
    ).split(/\n(?=\d+$)/)
    return { status: Number(status), body: JSON.parse(text) }
  }

  /** A task, once it has ended: on a slow machine after more than one question. */
  async ended(id: number): Promise<Task> {
    for (;;) {
      const { body } = await this.call('GET', `/api/v1/tasks/${id}?wait=30`)
      if (body.state === 'done') return body as Task
    }
  }

  /** The image id of the unit's own container; empty where it has none that runs. */
  runs(unit: string): Promise<string> {
    const filter = `--filter label=PODMAN_SYSTEMD_UNIT=${unit}`
    return this.sh(`podman ps --no-trunc ${filter} --format '{{.ImageID}}' | sed s/^sha256://`)
  }

  property(unit: string, name: string): Promise<string> {
    return this.sh(`${this.systemctl} show --property=${name} --value ${unit}`)
  }
}
