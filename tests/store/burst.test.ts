// Two hundred processes that write to the same store at the same time, the first of them making its tables: nothing
// that was acknowledged is missing. Nearly all of its time is Node starting; what it took is told and not judged.
// WRITERS=500 are as many.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { listEvents } from '../../lib/store/events.js'
import type { Row } from '../../lib/store/files/database.js'
import { withStore } from '../../lib/store/session.js'

const WRITERS = Number(process.env['WRITERS'] ?? 200)
const ROOT = join(import.meta.dirname, '../..')

t.setTimeout(600_000)

t.test(`${WRITERS} processes at once: every acknowledged row is there`, async t => {
  const dir = t.testdir()
  const script = join(dir, 'writer.cjs')
  const build = ['--bundle', '--platform=node', '--log-level=warning', `--outfile=${script}`]
  execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), [join(import.meta.dirname, 'writer.ts'), ...build])
  const wasm = 'node-sqlite3-wasm.wasm'
  copyFileSync(join(ROOT, 'bin', wasm), join(dir, wasm))

  const state = join(dir, 'state')
  const began = performance.now()
  const acknowledged = await Promise.all(
    Array.from({ length: WRITERS }, (_, name) => write(script, state, `${name}`)),
  )
  t.comment(`${WRITERS} processes: ${Math.round(performance.now() - began)} ms`)

  const names = acknowledged.filter(name => name !== '')
  t.equal(names.length, WRITERS, 'every writer was served')
  withStore(state, store => {
    const rows = listEvents(store, { limit: WRITERS * 2 })
    t.strictSame(rows.map(({ requestId }) => requestId).sort(), names.sort())
    t.ok(
      rows.every(({ taskIds }) => taskIds.length === 1),
      'each with its task',
    )
    t.strictSame(store.events.all('select count(*) as n from tasks'), [{ n: 7 }], 'one queued for a unit')
    t.strictSame((store.events.get('pragma integrity_check') as Row)['integrity_check'], 'ok')
  })
  t.notOk(existsSync(join(state, 'events.db.lock')))
})

/** What the writer said on its standard output: its name, once the row is on the disk. */
async function write(script: string, state: string, name: string): Promise<string> {
  const child = spawn('env', ['-i', `PATH=${process.env['PATH']}`, process.execPath, script, state, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', text => {
    said += text
  })
  await once(child, 'close')
  return said
}
