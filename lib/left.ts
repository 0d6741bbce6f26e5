// What requests have left in a spool, read by the process that may carry it out, which is privileged and so believes
// nothing: the directory belongs to the process that faces the network, which may have been taken over.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { KnownUnit } from './match.js'
import { SUFFIX } from './spool.js'
import { unavailable } from './store/advice.js'
import { parseUnit } from './units.js'

const MAX_BYTES = 65_536

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))
/** As it is in a request that was accepted; it is shown on terminals. */
const word = (max: number) => v.pipe(text(max), v.regex(/^[\x21-\x7e]*$/))
const unit = v.pipe(
  v.string(),
  v.check(name => parseUnit(name) === name),
)
const Left = v.strictObject({
  event: v.object({
    requestId: v.pipe(v.string(), v.uuid()),
    ts: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    method: word(20),
    path: word(200),
    action: v.picklist(['hook-github', 'trigger', 'auto-update']),
    remoteAddr: v.optional(word(100)),
    delivery: v.optional(word(100)),
    bodySha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  }),
  units: v.pipe(v.array(unit), v.maxLength(1000)),
  all: v.optional(v.boolean(), false),
  force: v.optional(v.boolean(), false),
  caller: v.optional(text(100)),
  reason: v.optional(text(500)),
})
export type Left = v.InferOutput<typeof Left>

/** The names of what has been left. None where nothing ever was. */
export function leftIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter(name => name.endsWith(SUFFIX))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What a file says, or undefined for what no request of ours has written: a link, a device, too long, not understood. */
export function readLeft(dir: string, name: string): Left | undefined {
  let fd: number | undefined
  try {
    fd = openSync(join(dir, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > MAX_BYTES) return undefined
    const parsed = v.safeParse(Left, JSON.parse(readFileSync(fd, 'utf8')))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Renamed first, which works for whatever it is, so that it is not found again. */
export function discard(dir: string, name: string): void {
  const gone = join(dir, `${name}.done`)
  try {
    renameSync(join(dir, name), gone)
    rmSync(gone)
  } catch {
    // A directory, or gone already: no request of ours made it, and nobody looks at it again.
  }
}

/** The list of enabled units that requests are given. Whole or not at all. */
export function writeUnits(path: string, units: readonly KnownUnit[]): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(units), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw unavailable('write', path, error)
  }
}
