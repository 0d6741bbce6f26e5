// An event of which only the request's id matters.
import type { EventRecord } from '../../lib/store/events.js'

export const eventNamed = (requestId: string): EventRecord => ({
  requestId,
  ts: 1_700_000_000_000,
  method: 'GET',
  path: '/',
  status: 404,
  action: 'unknown',
  durationMs: 1,
  remoteAddr: undefined,
  unit: undefined,
  delivery: undefined,
  bodySha256: undefined,
  meta: {},
})
