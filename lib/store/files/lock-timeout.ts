// How long this process waits for the store's lock. Tasks and people wait: whoever has the lock gives it back in
// milliseconds, but on a busy host many want it. In a file of its own, so that setting it does not load SQLite.
let lockWaitMs = 120_000

/** For a request, which has to be answered in time: below its deadline, so that it can still be answered 503. */
export function useRequestTimeout(): void {
  lockWaitMs = 8000
}

/**
 * For a request that has proved whose it is and is about to be recorded: its deadline is put off, and it waits longer.
 * Few who send repeat a delivery by themselves, so late is better than a 503; a stranger gets no such time.
 */
export function extendRequestTimeout(request: { allowMs: (ms: number) => void }): void {
  request.allowMs(30_000)
  lockWaitMs = 25_000
}

export const lockTimeoutMs = (): number => lockWaitMs
