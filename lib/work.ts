// The work of a request that has proved who asks, with all that it takes: the store, and programs to run. A part of its
// own in the build (bin/build.mjs), so what fails here is made an answer here.
import type { Answer } from './answer.js'
import type { api } from './api.js'
import { StoreUnavailable } from './errors.js'
import { failure } from './failure.js'
import { hook } from './hook.js'
import { log } from './log.js'
import type { EventRecord } from './store/events.js'
import { waitAtMost } from './store/patience.js'

const LOCK_WAIT_MS = 8000

waitAtMost(LOCK_WAIT_MS)

export const workDelivery = (...[delivery, config, visit]: Parameters<typeof hook>): Promise<Answer> =>
  hook(delivery, config, visit).catch(error => failure(error, visit))

export async function workCall(...[request, route, config, visit]: Parameters<typeof api>): Promise<Answer> {
  const { api } = await import('./api.js')
  return api(request, route, config, visit).catch(error => failure(error, visit))
}

/** What was recorded as accepted, and then could not be started. After the answer: a failure is told to the journal. */
export async function correct(stateDir: string, event: EventRecord): Promise<void> {
  const { withStore } = await import('./store/store.js')
  const { setStatus } = await import('./store/events.js')
  try {
    withStore(stateDir, store => setStatus(store, event))
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log('error', `${error.message}; ${error.advice}`)
  }
}
