// The record of a request that was accepted, and then answered otherwise: the task could not be started, or it took too
// long. A part of its own in the build (bin/build.mjs).
import { StoreUnavailable } from './errors.js'
import { log } from './log.js'
import { type EventRecord, setStatus } from './store/events.js'
import { withStore } from './store/store.js'

/** After the answer, so a failure is only told to the journal. */
export function correct(stateDir: string, event: EventRecord): void {
  try {
    withStore(stateDir, store => setStatus(store, event))
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log('error', `${error.message}; ${error.advice}`)
  }
}
