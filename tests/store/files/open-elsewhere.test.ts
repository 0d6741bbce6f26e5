// Somebody opens events.db in the sqlite3 shell and leaves it open over lunch: whatever is accepted meanwhile is there afterwards,
// and the shell, when it leaves, damages nothing. The shell is the real one.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { insertEvent, listEvents } from '../../../lib/store/events.js'
import { isIntact } from '../../../lib/store/files/database.js'
import { withStore } from '../../../lib/store/session.js'
import { eventNamed } from '../event.js'

const PAUSE = new Int32Array(new SharedArrayBuffer(4))

/** It has read the database, and stays until its input ends. */
function openShell(dir: string): ChildProcess {
  const shell = spawn('sqlite3', [join(dir, 'events.db')], { stdio: ['pipe', 'ignore', 'inherit'] })
  shell.stdin?.write('select count(*) from event_log;\n')
  return shell
}

async function isThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise(resolve => setTimeout(resolve, 5))
}

const add = (dir: string, ...ids: string[]) =>
  withStore(dir, store => {
    for (const id of ids) insertEvent(store, eventNamed(id))
  })

const found = (dir: string): string[] =>
  withStore(dir, store => {
    t.ok(isIntact(store.events), 'the database is intact')
    return listEvents(store, { limit: 1000 })
      .map(({ requestId }) => requestId)
      .reverse()
  })

const many = (name: string): string[] => Array.from({ length: 300 }, (_, n) => `${name} ${n}`)

t.test('a shell that was there before', async t => {
  const dir = t.testdir()
  add(dir, 'before')
  const shell = openShell(dir)
  await isThere(join(dir, 'events.db-shm'))
  const meanwhile = many('meanwhile')
  for (const id of meanwhile.slice(0, 8)) add(dir, id)
  add(dir, ...meanwhile.slice(8))
  t.notOk(existsSync(join(dir, 'events.db-shm')), 'it is noticed once')
  shell.stdin?.end()
  await once(shell, 'exit')
  add(dir, 'after')
  t.strictSame(found(dir), ['before', ...meanwhile, 'after'])
})

t.test('a shell that comes in the middle of a session', async t => {
  const dir = t.testdir()
  add(dir, 'before')
  const [first, second] = [many('first'), many('second')]
  let shell: ChildProcess | undefined
  withStore(dir, store => {
    for (const id of first) insertEvent(store, eventNamed(id))
    // Written by the shell's own arguments: nothing can be sent to it while this waits.
    shell = spawn('sqlite3', [join(dir, 'events.db'), 'select count(*) from event_log', '.shell cat'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    while (!existsSync(join(dir, 'events.db-shm'))) Atomics.wait(PAUSE, 0, 0, 5)
    for (const id of second) insertEvent(store, eventNamed(id))
  })
  shell?.stdin?.end()
  if (shell !== undefined) await once(shell, 'exit')
  t.strictSame(found(dir), ['before', ...first, ...second])
})

t.test('a shell that was killed', async t => {
  const dir = t.testdir()
  add(dir, 'before')
  const shell = openShell(dir)
  await isThere(join(dir, 'events.db-shm'))
  shell.kill('SIGKILL')
  await once(shell, 'exit')
  add(dir, 'after')
  t.strictSame(found(dir), ['before', 'after'])
  t.strictSame(readdirSync(dir).sort(), ['events.db', 'store.lock'], 'nothing of it is left')
})

t.test('what another program has damaged is noticed, set aside, and ends nothing', async t => {
  const dir = t.testdir()
  add(dir, ...many('before'))
  const path = join(dir, 'events.db')
  writeFileSync(path, Buffer.alloc(4096, 7), { flag: 'r+' }) // its first page
  writeFileSync(`${path}-shm`, '')
  add(dir, 'after')
  t.strictSame(found(dir), ['after'])
  t.equal(readdirSync(dir).filter(name => /^events\.db\.corrupt-\S+Z$/.test(name)).length, 1)
})
