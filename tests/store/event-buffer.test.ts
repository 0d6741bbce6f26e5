// Events that a request only appends: everybody who looks sees them, each once and in its place, whatever dies when.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { appendEvent } from '../../lib/store/event-buffer.js'
import { insertBufferedEvents, insertEvent, listEvents } from '../../lib/store/events.js'
import { withStore } from '../../lib/store/session.js'
import { eventNamed } from './event.js'

const listed = (dir: string): string[] =>
  withStore(dir, store => listEvents(store, { limit: 10_000 }).map(({ requestId }) => requestId))

t.test('what was appended comes before what is inserted after it', async t => {
  const dir = t.testdir()
  for (const id of ['a', 'b']) appendEvent(dir, eventNamed(id))
  withStore(dir, store => insertEvent(store, eventNamed('c')))
  appendEvent(dir, eventNamed('d'))
  t.strictSame(listed(dir), ['d', 'c', 'b', 'a'])
  t.strictSame(
    readdirSync(dir).filter(name => name.startsWith('events.tail')),
    [],
    'nothing is left to take',
  )
})

t.test('whoever took the lines was killed: they are taken again, and none is there twice', async t => {
  const dir = t.testdir()
  for (const id of ['a', 'b']) appendEvent(dir, eventNamed(id))
  const lines = readFileSync(join(dir, 'events.tail'))
  t.strictSame(listed(dir), ['b', 'a'])
  writeFileSync(join(dir, 'events.tail.taken'), lines) // killed after the commit
  appendEvent(dir, eventNamed('c'))
  t.strictSame(listed(dir), ['c', 'b', 'a'])
  appendEvent(dir, eventNamed('d'))
  renameSync(join(dir, 'events.tail'), join(dir, 'events.tail.taken')) // killed before it
  appendEvent(dir, eventNamed('e'))
  t.strictSame(listed(dir), ['e', 'd', 'c', 'b', 'a'])
})

t.test('a line that was cut short loses itself alone', async t => {
  const dir = t.testdir()
  appendEvent(dir, eventNamed('a'))
  writeFileSync(join(dir, 'events.tail'), '\n{"requestId":"cut', { flag: 'a' })
  appendEvent(dir, eventNamed('b'))
  t.strictSame(listed(dir), ['b', 'a'])
  t.notOk(existsSync(join(dir, 'events.tail.taken')))
})

t.test('writers and takers at once lose nothing', async t => {
  const dir = t.testdir()
  const writers = ['w', 'x', 'y'].map(name => {
    const script = join(import.meta.dirname, 'appender.ts')
    return spawn(process.execPath, [...process.execArgv, script, dir, name, '300'], { stdio: 'inherit' })
  })
  const ended = Promise.all(writers.map(writer => once(writer, 'exit')))
  let isOver = false
  ended.then(() => {
    isOver = true
  })
  while (!isOver) {
    listed(dir)
    await new Promise(setImmediate)
  }
  t.strictSame(
    (await ended).map(([code]) => code),
    [0, 0, 0],
  )
  const all = listed(dir)
  t.equal(all.length, 900)
  t.equal(new Set(all).size, 900)
})

t.test('lines that cannot be read are no bug: somebody is told what to do', async t => {
  const dir = t.testdir()
  mkdirSync(join(dir, 'events.tail')) // whoever may read everything cannot read this either
  t.throws(() => listed(dir), {
    name: 'StoreUnavailable',
    message: /events\.tail/,
    advice: /WEBHOOK_STATE_DIR/,
  })
})

t.test('what strangers send is bounded, on the disk and for whoever takes it in', async t => {
  const dir = t.testdir()
  const refused = (id: string) => eventNamed(id, { status: 401 })
  for (let n = 0; n < 3000; n++) appendEvent(dir, refused(`stranger-${n}`))
  const size = (name: string) => statSync(join(dir, name)).size
  const [name = ''] = readdirSync(dir).filter(name => name.startsWith('events.refused.'))
  const [tail, more] = [size('events.tail'), size(name)]
  t.ok(tail < 150_000, `${tail} bytes wait`)
  t.ok(more > 1000, `${more} are only counted`)
  appendEvent(dir, eventNamed('ignored', { status: 200 }))
  const events = withStore(dir, store => listEvents(store, { limit: 10_000 }))
  t.equal(events[0]?.requestId, 'ignored', 'what somebody has signed is never left out')
  t.equal(events.length, 3000 - more + 2)
  t.match(events.at(-1), {
    action: 'refused',
    meta: { ignored: `${more} more requests were refused in this hour` },
  })
  t.strictSame(
    readdirSync(dir).filter(name => name.startsWith('events.tail') || name.startsWith('events.refused')),
    [],
  )
})

t.test('of the refused ones the newest are kept, and everything else', async t => {
  const dir = t.testdir()
  const of = (status: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => eventNamed(`${status}-${from + n}`, { status }))
  withStore(dir, ({ events }) => {
    insertBufferedEvents(events, of(200, 0, 10), new Map())
    insertBufferedEvents(events, of(401, 0, 5500), new Map([[2, 7]]))
    insertBufferedEvents(events, of(404, 0, 10), new Map([[2, 3]]))
  })
  const count = (status: number) =>
    withStore(dir, store => listEvents(store, { status, limit: 10_000 }).length)
  t.strictSame([count(200), count(401), count(404)], [10, 5000, 10])
  const [newest] = withStore(dir, store => listEvents(store, { status: 401, limit: 1 }))
  t.equal(newest?.requestId, '401-5499')
  const counted = withStore(dir, store => listEvents(store, { action: 'refused', limit: 10 }))
  t.strictSame(
    counted.map(({ ts, meta }) => [ts / 3_600_000, meta['refused']]),
    [
      [0, 500],
      [2, 10],
    ],
    'and how many there were, by the hour',
  )
})
