// What a token leads to whose key is not here, and that fits in all else: one fetch, at most once a minute whatever is sent. The process
// that asks has no network, and so starts another that has one, or leaves word for who may.
// Built as a part of its own.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { startKeyFetch } from '../host/transient-units.js'
import { tryAcquire } from '../store/rate-limit.js'
import { withStore } from '../store/session.js'

const ONE_A_MINUTE = [{ count: 1, ms: 60_000 }]

/** Of the file in a spool: its name is all that it says. It is one that the .path unit looks for. */
export const KEYS_WANTED = 'keys.entry'

/** Throws CommandFailed, StoreUnavailable and what the file system says. */
export async function askForKeys(config: Config): Promise<void> {
  const isTurn = withStore(config.stateDir, store =>
    tryAcquire(store.rateLimits, 'actions-keys', ONE_A_MINUTE, Date.now()),
  )
  if (!isTurn.allowed) return
  if (config.spool !== undefined) writeFileSync(join(config.spool.dir, KEYS_WANTED), '')
  else await startKeyFetch(config)
}
