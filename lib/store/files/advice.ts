// Pure: what a person at the host can do about an error of the file system, or of SQLite, which gives no more than words.
import { StoreUnavailable } from '../../errors.js'

/** For a path with which something could not be done: `write`, `create`, `use`. */
export const unavailable = (doing: string, path: string, error: unknown): StoreUnavailable =>
  new StoreUnavailable(`cannot ${doing} ${path}: ${(error as Error).message}`, adviceFor(error, path), error)

/** Whether it was about writing alone: what is there can still be read. */
export function isUnwritable(error: unknown): boolean {
  const { code = '', message = '' } = error as NodeJS.ErrnoException
  return /EROFS|ENOSPC|EDQUOT/.test(code) || /readonly|disk is full|disk I\/O|unable to open/.test(message)
}

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
