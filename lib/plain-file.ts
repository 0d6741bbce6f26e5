// Plain files, whole: one that somebody else has put there is read without waiting for the other end of a pipe, or for a device that has
// no end; one of ours is replaced.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'

export interface PlainFile {
  readonly text: string
  /** Of its last change as the file system has it, which its owner cannot choose. */
  readonly changedMs: number
}

/** `flags` are added to those of open(2). Throws what the file system says; `code` tells in words what is no plain file, or too long. */
export function readPlainFile(path: string, maxBytes: number, flags = 0): PlainFile {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw Object.assign(new Error(), { code: 'no plain file' })
    if (stat.size > maxBytes)
      throw Object.assign(new Error(), { code: `larger than ${maxBytes / 1_048_576} MiB` })
    return { text: readFileSync(fd, 'utf8'), changedMs: stat.ctimeMs }
  } finally {
    closeSync(fd)
  }
}

/** Whole or not at all, and for its owner alone. Throws what the file system says. */
export function replacePrivateFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  chmodSync(`${path}.new`, 0o600) // where one was left
  renameSync(`${path}.new`, path)
}
