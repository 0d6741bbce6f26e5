// How long this process waits for the store's lock. Tasks and people wait: whoever has the lock gives it back in
// milliseconds, but on a busy host many want it. In a file of its own, so that setting it does not load SQLite.
let lockWaitMs = 120_000

/** For a request, which has to be answered in time: below its deadline, so that it can still be answered 503. */
export function waitAtMost(ms: number): void {
  lockWaitMs = ms
}

export const patience = (): number => lockWaitMs
