// Processes killed at random moments in the middle of a burst, the tasks they start too, while somebody reads the database with a
// shell: nothing sticks, and whatever was promised (202) is kept. The moments are random on purpose; a failure names the requests,
// and the event log has them. KILLS=300 kills as many.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Row } from '../../lib/store/files/database.js'
import { withStore } from '../../lib/store/session.js'
import { filesUnder, processesWith, waitFor } from '../support/host.js'
import { delivery, pushed } from '../support/request.js'
import { overSocket, type Reply } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const KILLED = Number(process.env['KILLS'] ?? 100)
const AT_ONCE = 8
const UNITS = 10
const unit = (index: number): string => `unit${index % UNITS}.service`
const image = (index: number): string => `ghcr.io/acme/unit${index % UNITS}:latest`
const id = (index: number): string => String(index).repeat(64).slice(0, 64)

const bytes = (index: number): Buffer =>
  delivery({ id: `delivery-${index}`, body: pushed(image(index), { index }) })

t.setTimeout(900_000)

journey(
  `${KILLED} processes killed during a burst, beside a reader`,
  async (t, world) => {
    for (let index = 0; index < UNITS; index++) {
      world.setUnit(unit(index), image(index), id(index))
      world.setRegistry(image(index), id(index + 1))
    }
    world.fake('run-tasks', '')
    const usualMs = await usual(world)

    const replies: (Reply | undefined)[] = []
    const victims = new Set<number>()
    let next = 0
    const lane = async () => {
      while (victims.size < KILLED) {
        const index = next++
        replies[index] = await killed(world, index, Math.random() * 1.5 * usualMs, victims)
        if (index % 5 === 0) killSomeTask(world)
      }
    }
    const reading = read(world, () => victims.size < KILLED)
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    t.comment(`read ${await reading} times with a shell`)
    const promised = replies.flatMap((reply, index) => (reply?.status === 202 ? [{ reply, index }] : []))
    t.comment(
      `${replies.length} requests, ${victims.size} killed before their end, ${promised.length} promised`,
    )
    t.ok(promised.length > 10, 'some were killed late enough to have promised')

    await soon(t, world, usualMs)
    sound(t, world)
    await waitFor('the tasks that live to end', () => taskProcesses(world).length === 0)
    world.cli('--all')
    kept(t, world, promised)
    for (let index = 0; index < UNITS; index++)
      t.equal(world.running(unit(index)), id(index + 1), unit(index))
    for (const path of sound(t, world)) t.notOk(existsSync(`${path}.lock`), 'no lock is left')
  },
  {
    WEBHOOK_MANUAL_UNITS: Array.from({ length: UNITS }, (_, index) => unit(index)).join(' '),
    WEBHOOK_IMAGE_LIMIT_COUNT: '1000',
  },
)

/** How long accepted deliveries take to their end, as many at once as in the burst, ms. */
async function usual(world: World): Promise<number> {
  const began = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => world.send(bytes(1_000_000 + index))))
  return performance.now() - began
}

async function killed(world: World, index: number, afterMs: number, victims: Set<number>): Promise<Reply> {
  return overSocket(
    world.env,
    socket => socket.write(bytes(index)),
    async child => {
      const ended = once(child, 'exit')
      await Promise.race([ended, pause(afterMs)])
      if (child.kill('SIGKILL')) victims.add(index)
    },
  )
}

/** Opens the database in the sqlite3 shell, reads, and leaves after a while, one way or another; gives how often. */
async function read(world: World, isWanted: () => boolean): Promise<number> {
  let times = 0
  for (; isWanted(); times++) {
    const shell = spawn('sqlite3', [join(world.stateDir, 'events.db')], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const ended = once(shell, 'exit')
    shell.stdin.on('error', () => {}) // it may have ended before it is told to
    shell.stdin.write('select count(*) from event_log; select count(*) from tasks;\n')
    await pause(Math.random() * 1000)
    if (times % 3 === 0) shell.kill('SIGKILL')
    else shell.stdin.end()
    await ended
  }
  return times
}

const taskProcesses = (world: World): string[] => processesWith(`WEBHOOK_STATE_DIR=${world.stateDir}`)

function killSomeTask(world: World): void {
  const pids = taskProcesses(world)
  const pid = pids[Math.floor(Math.random() * pids.length)]
  try {
    if (pid !== undefined) process.kill(Number(pid), 'SIGKILL')
  } catch {
    // it ended meanwhile
  }
}

/** Each has its event, which leads to a task that is done: the one it was told of, or the one that took its place. */
function kept(t: Test, world: World, promised: readonly { reply: Reply; index: number }[]): void {
  const events = new Map(world.events('--limit', '1000').map(event => [event['request_id'], event]))
  const tasks = new Map(world.tasks('--limit', '1000').map(task => [task['id'], task]))
  for (const { reply, index } of promised) {
    const told = reply.json as { request_id: string; tasks: { id: number }[] }
    const { status, task_ids } = events.get(told.request_id) ?? {}
    t.equal(status, 202, `the event of ${index} is there`)
    t.equal(tasks.get((task_ids as number[])[0])?.['state'], 'done')
    t.equal(tasks.get(told.tasks[0]?.id)?.['state'], 'done')
  }
}

/** Nothing waits for somebody who is dead: that would take until a request gives a lock up, which is 8 s. */
async function soon(t: Test, world: World, usualMs: number): Promise<void> {
  const began = performance.now()
  const reply = await world.send(delivery({ id: 'after', body: pushed(image(0), { after: true }) }))
  t.match(reply, { status: 202 })
  const tookMs = Math.round(performance.now() - began)
  t.comment(`the next request took ${tookMs} ms`)
  t.ok(tookMs < usualMs + 5000, 'the next request waits for no lock')
}

/** Every file is whole, with nobody else at it for as long as that takes. Gives their paths. */
function sound(t: Test, world: World): string[] {
  const files = filesUnder(world.stateDir).filter(path => path.endsWith('.db'))
  t.ok(files.length > 1)
  withStore(world.stateDir, store => {
    const images = files.filter(path => path.includes('/images/')).map(path => path.replace(/.*\//, ''))
    for (const db of [store.events, store.rateLimits, ...images.map(store.imageFile)]) {
      t.equal((db.get('pragma integrity_check') as Row)['integrity_check'], 'ok')
    }
  })
  return files
}
