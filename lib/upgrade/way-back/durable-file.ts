// Files on which a later start depends: when a function here returns, what it did survives a power cut. The directories that
// were made for a file are synced too: a name is on the disk only when its directory is (fsync(2)).
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

const MODE = 0o644 // everybody may ask `systemctl cat`

/** Whole or not at all. Throws what the file system says. */
export function writeDurably(path: string, text: string): void {
  makeDirectory(dirname(path))
  const fd = openSync(`${path}.new`, 'w', MODE)
  try {
    fchmodSync(fd, MODE) // whatever the umask
    writeFileSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(`${path}.new`, path)
  sync(dirname(path))
}

/** Needs no space. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to)
  sync(dirname(to))
}

/** Gives whether there was one. */
export function removeDurably(path: string): boolean {
  try {
    rmSync(path)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
  sync(dirname(path))
  return true
}

/** Undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o755 })
  // The first that was made is a new name in the one above it; so is each below it.
  for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made)) {
    chmodSync(made, 0o755)
    sync(dirname(made))
  }
}

function sync(directory: string): void {
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
