// Kernel locks. flock(2) belongs to the open file description, so the lock that a short `flock` child takes on our
// descriptor stays with us after the child is gone, and goes with us however we die: it cannot become stale.
// This is the one child process not run by exec.ts: what is done under the lock is synchronous, so this is too.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StoreUnavailable } from '../../errors.js'
import { adviceFor } from './advice.js'
import { fileNameOf } from './file-name.js'

export interface Lock {
  release(): void
}

/** Whoever changes what a unit runs holds the lock on this file. */
export const unitLockFile = (stateDir: string, unit: string): string =>
  join(stateDir, 'locks', `${fileNameOf(unit)}.lock`)

/** flock(1)'s status when it gave up waiting. */
const CONFLICT = 75

/**
 * Takes an exclusive lock on `path`, creating it, and waits at most `waitMs` (0: not at all).
 * Undefined where somebody else held it all that time. Throws StoreUnavailable where locking is impossible.
 */
export function lock(path: string, waitMs: number): Lock | undefined {
  const fd = openLockFile(path)
  const wait = waitMs === 0 ? ['-n'] : ['-w', (waitMs / 1000).toFixed(3)]
  const child = spawnSync('flock', ['-x', '-E', String(CONFLICT), ...wait, '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  })
  if (child.status === 0) return { release: () => closeSync(fd) }
  closeSync(fd)
  if (child.status === CONFLICT) return undefined
  if (child.signal !== null)
    throw new StoreUnavailable(`cannot lock ${path}: flock was ended by ${child.signal}`, 'run it again')
  const why = child.error?.message ?? child.stderr.toString().trim()
  throw new StoreUnavailable(`cannot lock ${path}: ${why}`, 'install util-linux, which has the flock command')
}

function openLockFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return openSync(path, 'a', 0o600)
  } catch (error) {
    throw new StoreUnavailable(
      `cannot open ${path}: ${(error as Error).message}`,
      adviceFor(error, dirname(path)),
      error,
    )
  }
}
