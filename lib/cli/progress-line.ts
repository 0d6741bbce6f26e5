// What a long run is at, on a person's terminal: one line, written again in place and gone before anything else is printed. It is on standard
// error, because standard output may be kept. The cursor waits at its beginning, so that a line of the log is written over it.
import { shorten } from './table.js'

/** As process.stderr is, where that is one. */
export interface Terminal {
  readonly columns: number
  readonly write: (text: string) => unknown
}

const TICK_MS = 1000
const CLEAR = '\r\u001b[K'

/** Where there is no terminal nothing is written. */
export class ProgressLine {
  readonly #terminal: Terminal | undefined
  #what = ''
  #sinceMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(terminal: Terminal | undefined) {
    this.#terminal = terminal
  }

  /** From now on this is what is done, and for how long is told beside it. */
  show(what: string): void {
    if (this.#terminal === undefined) return
    this.#what = what
    this.#sinceMs = performance.now()
    this.#timer ??= setInterval(() => this.#draw(), TICK_MS)
    this.#draw()
  }

  clear(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#terminal?.write(CLEAR)
  }

  #draw(): void {
    const secs = Math.floor((performance.now() - this.#sinceMs) / 1000)
    // A terminal that does not know its width says 0; one that is full would begin another line.
    const room = (this.#terminal?.columns || 80) - 1
    this.#terminal?.write(`${CLEAR}${shorten(`${this.#what}, ${secs} s`, room)}\r`)
  }
}
