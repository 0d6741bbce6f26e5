// One journey in a tree: what failed in it first, undefined where nothing did. It is ended there, with all that it has started.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ran {
  readonly failed: string | undefined
  readonly ms: number
}

export async function runJourney(tree: string, path: string, limitMs: number): Promise<Ran> {
  const began = Date.now()
  const child = spawn(process.execPath, ['tests/mutants/entry.mjs', path], {
    cwd: tree,
    env: { ...process.env, TAP_TIMEOUT: '900' }, // as .taprc has it, which only `tap run` reads
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let failed: string | undefined
  let said = ''
  const stop = (why: string): void => {
    failed ??= why
    endAll(`-${child.pid}`, tree)
  }
  const limit = setTimeout(() => stop('it took too long'), limitMs)
  child.stdout.setEncoding('utf8').on('data', text => {
    said = (said + text).slice(-10_000)
    const [, what] = /^ *not ok \d+ - (.*)\n/m.exec(said) ?? []
    if (what !== undefined) stop(what)
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  clearTimeout(limit)
  if (code !== 0) stop(`exit status ${code}`)
  return { failed, ms: Date.now() - began }
}

/** The group, and whoever has left it for a session of its own: the fakes' state is below the tree. */
function endAll(group: string, tree: string): void {
  const isOurs = (pid: string): boolean => environmentOf(pid).includes(`FAKE_DIR=${tree}/`)
  const pids = readdirSync('/proc').filter(name => /^[0-9]+$/.test(name) && isOurs(name))
  for (const pid of [group, ...pids]) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {} // gone
  }
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'environ'), 'latin1')
  } catch {
    return '' // gone meanwhile
  }
}
