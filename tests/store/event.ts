// The event of an accepted delivery, of which only what is said matters.
import type { EventRecord } from '../../lib/store/events.js'

export const eventNamed = (requestId: string, more: Partial<EventRecord> = {}): EventRecord => ({
  requestId,
  ts: 1,
  method: 'POST',
  path: '/hooks/github',
  status: 202,
  action: 'hook-github',
  durationMs: 1,
  remoteAddr: undefined,
  unit: undefined,
  delivery: undefined,
  bodySha256: undefined,
  meta: {},
  ...more,
})
