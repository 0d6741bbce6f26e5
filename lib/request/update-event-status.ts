// The record of a request that was accepted, and then answered otherwise: the task could not be started, or it took too
// long.
// Built as a part of its own.
import { type EventRecord, setStatus } from '../store/events.js'
import { withStore } from '../store/session.js'

/** Throws StoreUnavailable. */
export function updateEventStatus(stateDir: string, event: EventRecord): void {
  withStore(stateDir, store => setStatus(store, event))
}
