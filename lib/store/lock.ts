// Kernel locks. flock(2) belongs to the open file description, so the lock that a short `flock` child takes on our
// descriptor stays with us after the child is gone, and goes with us however we die: it cannot become stale.
// This is the one child process not run by exec.ts: loading execa would cost a request more than the lock does.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreUnavailable } from '../errors.js'

export interface Lock {
  release(): void
}

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

/** What a person at the host can do about an error of the file system, or of SQLite, which tells no more than words. */
export function adviceFor(error: unknown, path: string): string {
  const { code = '', message = '' } = error as NodeJS.ErrnoException
  if (/EACCES|EPERM/.test(code) || /Could not open/.test(message)) {
    return `make ${path} belong to the user that runs this: chown -R USER ${path}`
  }
  if (code === 'EROFS' || /readonly/.test(message)) {
    return `${path} is read-only: remount it, or set WEBHOOK_STATE_DIR elsewhere`
  }
  if (/ENOSPC|EDQUOT/.test(code) || /disk is full|disk I\/O/.test(message)) {
    return `look whether the disk that holds ${path} is full (df): free some space, then run pod-upgrade-trigger prune`
  }
  // Node's recursive mkdir says so too where a directory above is read-only.
  if (code === 'ENOENT')
    return `create ${path} for the user that runs this, or set WEBHOOK_STATE_DIR elsewhere`
  return `look at ${path}, or set WEBHOOK_STATE_DIR elsewhere`
}
