// What is known of one request while it is handled. Becomes its event row.
import { pathOf } from './route.js'
import type { EventRecord } from './store/events.js'
import type { Self } from './systemd.js'

export interface Visit {
  readonly requestId: string
  readonly ts: number
  readonly remoteAddr: string | undefined
  readonly self: Self
  method: string
  target: string
  action: string
  unit?: string
  delivery?: string
  bodySha256?: string
  meta: Record<string, unknown>
  /** True once the row is on the disk, which for accepted work is before the answer. */
  recorded: boolean
}

const MAX_METHOD = 20
const MAX_PATH = 200

export function eventOf(visit: Visit, status: number, nowMs: number): EventRecord {
  return {
    requestId: visit.requestId,
    ts: visit.ts,
    method: visit.method.slice(0, MAX_METHOD),
    path: pathOf(visit.target).slice(0, MAX_PATH),
    status,
    action: visit.action,
    durationMs: nowMs - visit.ts,
    remoteAddr: visit.remoteAddr,
    unit: visit.unit,
    delivery: visit.delivery,
    bodySha256: visit.bodySha256,
    meta: visit.meta,
  }
}
