// What the store's part of a request costs with no history, some, and a lot: medians of sessions of withStore() as the
// journeys make them, lock and opening included, interleaved so that all three see the same machine. And how long a request
// waits at worst for a prune of the lot.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTable } from '../../lib/cli/table.js'
import { insertEvent, linkTask, listEvents } from '../../lib/store/events.js'
import { tryAcquire } from '../../lib/store/rate-limit.js'
import { withStore } from '../../lib/store/session.js'
import type { Store } from '../../lib/store/store.js'
import { claimTask, enqueueTask, finishTask, listTasks } from '../../lib/store/tasks.js'
import { eventNamed } from '../store/event.js'
import { heading, median } from './figures.js'

const SIZES = [0, 10_000, 1_000_000]
const RUNS = 41
const MOST = 1.3
const MOST_WAIT_MS = 250
const WINDOWS = [
  { count: 2, ms: 600_000 },
  { count: 10, ms: 18_000_000 },
]
let counter = 0

/** An accepted delivery: the image's limit, the event, its task; done at once, so that the next makes another. */
function accept(store: Store): void {
  const now = Date.now()
  const requestId = `bench-${counter++}`
  tryAcquire(store.image('ghcr.io/acme/web'), 'delivery', [{ count: 1e6, ms: 3_600_000 }], now)
  const eventId = insertEvent(store, eventNamed(requestId, { ts: now, delivery: `github:${requestId}` }))
  const unit = 'unit1.service'
  const task = enqueueTask(
    store,
    { unit, image: 'a', force: false, caller: undefined, reason: undefined },
    now,
  )
  linkTask(store, eventId, task.id)
  claimTask(store, task.id, { bootId: 'b', name: 'n' }, now)
  finishTask(store, task.id, 'unchanged', {}, now)
}

const WORK: Readonly<Record<string, (store: Store) => unknown>> = {
  'accept a delivery': accept,
  'check a limit': ({ rateLimits }) => tryAcquire(rateLimits, 'api', WINDOWS, Date.now()),
  'list 20 events': store => listEvents(store, { limit: 20 }),
  'list events of a unit': store => listEvents(store, { limit: 20, unit: 'unit1.service' }),
  'list events by status': store => listEvents(store, { limit: 20, status: 429 }),
  'list 20 tasks': store => listTasks(store, { limit: 20 }),
}

function fill(dir: string, events: number): void {
  withStore(dir, store => {
    store.events.exec(`
      with recursive n (i) as (select 1 union all select i + 1 from n where i < ${events})
        insert into event_log (request_id, ts, method, path, status, action, duration_ms, unit, meta, created_at)
          select 'r' || i, i, 'POST', '/hooks/github', iif(i % 100 = 0, 429, 202), 'hook-github', 1,
            'unit' || i % 20 || '.service', '{}', '' from n where ${events} > 0;
      insert into tasks (unit, image, state, outcome, created_at, queued_ms, finished_ms)
        select 'unit' || id % 20 || '.service', 'a', 'done', 'unchanged', '', ts, ts from event_log where id % 10 = 0;
      insert into event_tasks select id * 10, id from tasks`)
  })
}

function timed(work: () => unknown): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

function compare(dirs: readonly string[]): string[][] {
  return Object.entries(WORK).map(([name, work]) => {
    const times = dirs.map((): number[] => [])
    for (let run = 0; run < RUNS; run++) {
      for (const [index, dir] of dirs.entries()) times[index]?.push(timed(() => withStore(dir, work)))
    }
    const [empty = 0, some = 0, lot = 0] = times.map(median)
    if (lot / empty > MOST) process.exitCode = 1
    return [
      name,
      ...[empty, some, lot].map(ms => `${ms.toFixed(1)} ms`),
      (some / empty).toFixed(2),
      (lot / empty).toFixed(2),
    ]
  })
}

/** Sessions one after another while the program prunes; each begins when the one before has let go of the lock. */
async function waitsDuringPrune(dir: string): Promise<string> {
  const program = join(import.meta.dirname, '../../bin/pod-upgrade-trigger.cjs')
  const env = { PATH: process.env['PATH'] ?? '', WEBHOOK_STATE_DIR: dir, WEBHOOK_ENV_FILE: '' }
  const began = performance.now()
  const child = spawn(process.execPath, [program, 'prune'], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  const waits: number[] = []
  while (await isRunning(child))
    waits.push(timed(() => withStore(dir, ({ rateLimits }) => rateLimits.get('select 1'))))
  const worst = Math.max(...waits)
  if (worst > MOST_WAIT_MS) process.exitCode = 1
  const took = ((performance.now() - began) / 1000).toFixed(0)
  return `pruned in ${took} s; of ${waits.length} sessions meanwhile the median took ${median(waits).toFixed(1)} ms, the slowest ${worst.toFixed(1)} ms (at most ${MOST_WAIT_MS})`
}

const isRunning = (child: ChildProcess): Promise<boolean> =>
  new Promise(resolve => setTimeout(() => resolve(child.exitCode === null && child.signalCode === null), 20))

const root = mkdtempSync(join(tmpdir(), 'pod-upgrade-trigger-bench-'))
try {
  const dirs = SIZES.map(size => join(root, String(size)))
  for (const [index, dir] of dirs.entries()) fill(dir, SIZES[index] ?? 0)
  heading(`store: medians of ${RUNS} sessions in turns, lock and opening included`)
  console.log(
    formatTable(
      ['WORK', 'EMPTY', '10 k', '1 M EVENTS', '10 k / EMPTY', `1 M / EMPTY (at most ${MOST})`],
      compare(dirs),
    ),
  )
  console.log(await waitsDuringPrune(dirs.at(-1) ?? ''))
} finally {
  rmSync(root, { recursive: true })
}
