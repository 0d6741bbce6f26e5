// The doctor's look at the state: every database that is there, one session of the store for each, so that a request
// never waits for all of them together. Nothing is made that is not there, and nothing is opened of somebody else's.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { isIntact } from '../store/files/database.js'
import { databases, IMAGES, withStore } from '../store/session.js'
import type { CheckResult } from './checks/finding.js'
import { type Databases, judgeDatabases, judgeDirectory } from './checks/state.js'
import { directory, filesLike } from './probes.js'

const LOCK_MS = 3000
const ALTOGETHER_MS = 15_000
/** Checked under the lock in a second or two; whoever asks meanwhile waits for eight. */
const LARGEST_BYTES = 128 * 1_048_576

/** Throws StoreUnavailable. */
export function checkState({ stateDir, scope }: Config): CheckResult {
  const unusable = judgeDirectory(scope, directory(stateDir), process.getuid?.() ?? 0)
  return unusable ?? judgeDatabases(scope, lookAt(stateDir))
}

function lookAt(stateDir: string): Databases {
  const keptBefore = corruptFiles(stateDir)
  const found = { intact: 0, corrupt: [] as string[], unchecked: [] as string[] }
  const end = Date.now() + ALTOGETHER_MS
  withStore(stateDir, () => {}, LOCK_MS) // also where there is nothing in it yet, it has to be writable
  for (const [name, pick] of databases(stateDir)) {
    if (Date.now() > end || statSync(join(stateDir, name)).size > LARGEST_BYTES) found.unchecked.push(name)
    else if (withStore(stateDir, store => isIntact(pick(store)), LOCK_MS)) found.intact += 1
    else found.corrupt.push(name)
  }
  const keptNow = corruptFiles(stateDir).filter(name => !keptBefore.includes(name))
  return { path: stateDir, ...found, keptBefore, keptNow }
}

/** Those that were corrupt, and set aside. */
const corruptFiles = (stateDir: string): string[] => [
  ...filesLike(stateDir, KEPT),
  ...filesLike(join(stateDir, IMAGES), KEPT).map(name => join(IMAGES, name)),
]
const KEPT = /\.corrupt-[-0-9TZ]+$/
