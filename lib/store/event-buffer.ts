// Events that are still to be taken into events.db. A request that asks for no work appends a line here, because SQLite
// would cost it more than all the rest; whoever opens events.db takes the lines in first, so that nobody sees the one
// without the other. Two processes may do both at once, and each of them may be killed: no line is lost, or counted twice.
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { hourOf } from '../sliding-window.js'
import type { EventRecord, RefusedCounts } from './events.js'
import { unavailable } from './files/advice.js'

const TAIL = 'events.tail'
const TAKEN = 'events.tail.taken'
/** With the hour at its end: a byte for each refused request that had no room in the other. */
const REFUSED = 'events.refused.'

/** A stranger decides neither how much is stored, nor how long the next delivery takes it in: some 500 refused requests. */
const MAX_REFUSED_BYTES = 131_072
const MAX_COUNT = 1_048_576

/** Throws StoreUnavailable. */
export function appendEvent(stateDir: string, event: EventRecord): void {
  const line = `\n${JSON.stringify(event)}` // begun anew, whatever the line before was cut short at
  const sizeOf = (name: string) => statSync(join(stateDir, name), { throwIfNoEntry: false })?.size ?? 0
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    if (event.status >= 400 && sizeOf(TAIL) >= MAX_REFUSED_BYTES) {
      const name = REFUSED + hourOf(event.ts)
      if (sizeOf(name) < MAX_COUNT) append(join(stateDir, name), '.')
      return
    }
    while (!append(join(stateDir, TAIL), line)) {}
  } catch (error) {
    throw unavailable('write', stateDir, error)
  }
}

/** Gives false where the file was taken meanwhile: the line may have come too late, or be in it all the same. */
function append(path: string, line: string): boolean {
  const fd = openSync(path, 'a', 0o600)
  try {
    writeSync(fd, line)
    return fstatSync(fd).ino === statSync(path, { throwIfNoEntry: false })?.ino
  } finally {
    closeSync(fd)
  }
}

/**
 * Hands all lines to `insert`, which has them on the disk when it returns, and ignores those whose request it knows; `counts` are
 * of refused requests that were only counted. The caller holds the store's lock. Throws StoreUnavailable, and what `insert` throws.
 */
export function importBufferedEvents(stateDir: string, insert: Insert): void {
  const taken = join(stateDir, TAKEN)
  const counts = takeCounts(stateDir)
  if (counts.size > 0) insert([], counts)
  if (existsSync(taken)) finish(taken, insert) // whoever took it was killed
  if (!existsSync(join(stateDir, TAIL))) return
  attempt(taken, () => renameSync(join(stateDir, TAIL), taken))
  finish(taken, insert)
}

type Insert = (events: readonly EventRecord[], counts: RefusedCounts) => void

/** Whoever is killed here has counted for nothing: a number of strangers is not worth more. */
function takeCounts(stateDir: string): RefusedCounts {
  const names = readdirSync(stateDir).filter(name => name.startsWith(REFUSED))
  return new Map(
    names.map(name => {
      const path = join(stateDir, name)
      const { size } = statSync(path)
      attempt(path, () => rmSync(path))
      return [Number(name.slice(REFUSED.length)), size] as const
    }),
  )
}

function finish(taken: string, insert: Insert): void {
  const text = attempt(taken, () => readFileSync(taken, 'utf8'))
  insert(text.split('\n').flatMap(parse), new Map())
  attempt(taken, () => rmSync(taken))
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unavailable('take in', path, error)
  }
}

/** A line that is cut short is of a disk that was full, or of a process that was killed. */
function parse(line: string): EventRecord[] {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}
