// What a process costs, as run.py measures it, and what must be true of it: a run that did not do its work is an error,
// not a fast run. Everything that is compared takes turns, so that whatever else the machine does hits all alike.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

export interface Job {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Sent on the TCP connection that is standard input; made anew for each run. */
  readonly request?: () => Buffer
  /** Of the answer. */
  readonly status?: number
  /** What stdout has to match. */
  readonly says?: RegExp
}

export interface Cost {
  /** From the fork to the last byte of the answer; NaN where nothing was asked. */
  readonly answeredMs: number
  readonly exitedMs: number
  /** User and system, of the process and of the children it waited for. */
  readonly cpuMs: number
  /** Of the largest among them. */
  readonly peakKib: number
}

interface Told extends Cost {
  readonly code: number
  readonly answer: string
}

export class Measure {
  readonly #shim: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #files: { readonly stdout: string; readonly stderr: string }

  /** What the processes print is kept in `dir`, of the last one. Needs python3. */
  constructor(dir: string) {
    this.#files = { stdout: join(dir, 'stdout'), stderr: join(dir, 'stderr') }
    const script = join(import.meta.dirname, 'run.py')
    this.#shim = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#shim.on('error', error => {
      throw new Error(`the bench needs python3: ${error.message}`)
    })
    this.#lines = createInterface(this.#shim.stdout)[Symbol.asyncIterator]()
  }

  /** Runs it once. Throws where it did not answer, say or end as it should. */
  async once({ argv, env, request, status, says }: Job): Promise<Cost> {
    const sent = request && { request: request().toString('base64') }
    this.#shim.stdin.write(`${JSON.stringify({ argv, env, ...this.#files, ...sent })}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('run.py has ended: see above')
    const { code, answer, ...cost } = JSON.parse(value) as Told
    const answered = status === undefined || answer.startsWith(`HTTP/1.1 ${status} `)
    const stdout = readFileSync(this.#files.stdout, 'utf8')
    if (code !== 0 || !answered || says?.test(stdout) === false) {
      const stderr = readFileSync(this.#files.stderr, 'utf8')
      throw new Error(`${argv.join(' ')}: exit status ${code}\n${answer}\n${stdout}\n${stderr}`)
    }
    return { ...cost, answeredMs: cost.answeredMs ?? Number.NaN }
  }

  /** Each job `runs` times, in turns, after one turn that does not count. */
  async turns(jobs: readonly Job[], runs: number): Promise<Cost[][]> {
    const costs = jobs.map((): Cost[] => [])
    for (let turn = 0; turn <= runs; turn++) {
      for (const [index, job] of jobs.entries()) {
        const cost = await this.once(job)
        if (turn > 0) costs[index]?.push(cost)
      }
    }
    return costs
  }

  end(): void {
    this.#shim.stdin.end()
  }
}
