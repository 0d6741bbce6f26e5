// The state may be full, or read-only, for a while.
import { setTimeout as sleep } from 'node:timers/promises'
import { asFailure } from '../../errors.js'
import { logFailure } from '../../log.js'

const LIMIT_MS = 600_000
const POLL_MS = 2000

/** The upgrade is over, and what came of it must not be lost for a disk that is full by now: somebody will make room. */
export async function whenWritable<T>(work: () => T): Promise<T> {
  const end = performance.now() + LIMIT_MS
  for (let isTold = false; ; isTold = true) {
    try {
      return work()
    } catch (error) {
      if (asFailure(error)?.name !== 'StoreUnavailable' || performance.now() > end) throw error
      if (!isTold) logFailure(error)
      await sleep(POLL_MS)
    }
  }
}
