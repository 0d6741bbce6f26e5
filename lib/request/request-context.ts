// What is known of one request while it is handled. Becomes its event row.
import type { EventRecord } from '../store/events.js'
import { pathOf } from './route.js'

export interface RequestContext {
  readonly requestId: string
  readonly ts: number
  /** Of the connection, until it is known whose proxy it is. */
  remoteAddr: string | undefined
  forwardedFor: readonly string[]
  method: string
  target: string
  action: string
  unit?: string
  /** Whose secret was shown; the owner of the host has no name. */
  tenant?: string | undefined
  delivery?: string
  bodySha256?: string
  meta: Record<string, unknown>
  /** What is left to do when the client has its answer, and does not wait. */
  afterAnswer?: () => Promise<unknown>
  /** True once the row is on the disk, which for accepted work is before the answer. */
  recorded: boolean
}

const MAX_METHOD = 20
const MAX_PATH = 200

export function eventFromContext(context: RequestContext, status: number, nowMs: number): EventRecord {
  return {
    requestId: context.requestId,
    ts: context.ts,
    method: context.method.slice(0, MAX_METHOD),
    path: pathOf(context.target).slice(0, MAX_PATH),
    status,
    action: context.action,
    durationMs: nowMs - context.ts,
    remoteAddr: context.remoteAddr,
    unit: context.unit,
    tenant: context.tenant,
    delivery: context.delivery,
    bodySha256: context.bodySha256,
    meta: context.meta,
  }
}
