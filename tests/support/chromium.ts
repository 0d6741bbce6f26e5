// A headless Chromium, driven over a pipe by its own protocol (https://chromedevtools.github.io/devtools-protocol/): what the tests
// ask is four commands, for which no package is needed. It has a new profile, asks nobody for updates, and reaches no network
// but what a test gives it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const FLAGS = (
  'headless no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update ' +
  'disable-sync hide-scrollbars remote-debugging-pipe'
)
  .split(' ')
  .map(flag => `--${flag}`)

type Json = Readonly<Record<string, unknown>>
interface Told {
  readonly id?: number
  readonly method?: string
  readonly params?: Json
  readonly result?: Json
  readonly error?: { readonly message: string }
}

export interface View {
  readonly width: number
  readonly dark: boolean
}

export class Chromium {
  readonly #profile = mkdtempSync(join(tmpdir(), 'pod-upgrade-trigger-chromium-'))
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (told: Told) => void>()
  readonly #ended: Promise<unknown>
  /** Rejects when it has ended, or was never there: nobody waits for it in vain. */
  readonly #gone: Promise<never>
  #session = ''
  #sent = 0
  #loaded = () => {}
  /** What the page was not allowed, and what it asked for. */
  readonly said: Json[] = []

  private constructor() {
    // Debian's own name; where it is not there, the test fails: see tests/needs.
    this.#child = spawn('chromium', [...FLAGS, `--user-data-dir=${this.#profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    this.#ended = new Promise(resolve => this.#child.on('exit', resolve).on('error', resolve))
    this.#gone = this.#ended.then(why => {
      throw new Error(`chromium has ended: ${why}`)
    })
    this.#gone.catch(() => {})
    let rest = ''
    for (const pipe of this.#child.stdio) pipe?.on('error', () => {}) // told by #gone
    const from = this.#child.stdio[4] as Readable
    from.setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0')
      rest = messages.pop() ?? ''
      for (const message of messages) this.#hear(JSON.parse(message))
    })
  }

  /** With one empty page. Throws where there is no chromium. */
  static async start(): Promise<Chromium> {
    const browser = new Chromium()
    const { targetId } = await browser.#ask('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await browser.#ask('Target.attachToTarget', { targetId, flatten: true })
    browser.#session = String(sessionId)
    for (const domain of ['Page', 'Network', 'Log']) await browser.#ask(`${domain}.enable`)
    return browser
  }

  #hear({ id, method, params = {}, ...told }: Told): void {
    if (id !== undefined) this.#waiting.get(id)?.(told)
    if (method === 'Page.loadEventFired') this.#loaded()
    if (method === 'Network.requestWillBeSent') this.said.push({ asks: (params['request'] as Json)['url'] })
    if (method === 'Log.entryAdded') this.said.push({ logs: (params['entry'] as Json)['text'] })
  }

  async #ask(method: string, params: Json = {}): Promise<Json> {
    const id = ++this.#sent
    const session = this.#session === '' ? {} : { sessionId: this.#session }
    const answer = new Promise<Told>(resolve => {
      this.#waiting.set(id, resolve)
    })
    const to = this.#child.stdio[3] as Writable
    to.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    const told = await Promise.race([answer, this.#gone])
    if (told.error !== undefined) throw new Error(`${method}: ${told.error.message}`)
    return told.result ?? {}
  }

  /** Gives the page when all of it is there. */
  async open(url: string, { width, dark }: View): Promise<void> {
    this.said.length = 0
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]
    await this.#ask('Emulation.setEmulatedMedia', { features })
    const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 }
    await this.#ask('Emulation.setDeviceMetricsOverride', metrics)
    const loaded = new Promise<void>(resolve => {
      this.#loaded = resolve
    })
    await this.#ask('Page.navigate', { url })
    await Promise.race([loaded, this.#gone])
  }

  /** The value of an expression in the page, also of a promise. Not under the page's CSP, as a person's console is not. */
  async evaluate(expression: string): Promise<unknown> {
    const asked = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await this.#ask('Runtime.evaluate', asked)
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return (result as Json)['value']
  }

  /** The whole page as a PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#ask('Page.captureScreenshot', { captureBeyondViewport: true })
    return Buffer.from(String(data), 'base64')
  }

  async end(): Promise<void> {
    await this.#ask('Browser.close')
    await this.#ended
    for (const pipe of this.#child.stdio) pipe?.destroy() // of which a process of its own may have a copy
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
