// The limits that a request for an upgrade counts against: each image's own, or those of all calls under one name.
import { isOfActions } from '../config/actions-rules.js'
import type { Config } from '../config/config.js'
import type { LimitDecision } from '../sliding-window.js'
import { hasHit, tryAcquire } from '../store/rate-limit.js'
import type { Store } from '../store/store.js'
import { canonicalImage } from '../targets/image.js'
import type { Target } from '../targets/match.js'

/** The image of each target, or all calls under this name; undefined is without a limit. */
export type Limit = { readonly perImage: true } | { readonly call: string } | undefined

/** Of calls of the API: a tenant's use up nothing of another's. Those of a job come with each push, and count as deliveries do. */
export const callLimit = (tenant: string | undefined): Limit =>
  isOfActions(tenant) ? { perImage: true } : { call: tenant === undefined ? 'api' : `api ${tenant}` }

const DAY_MS = 86_400_000
/** How often one body may be tried again. */
const SAME_BODY = { count: 5, ms: DAY_MS }

/**
 * Counts the call against its limits. A body that was let in before uses up nothing but an allowance of its own: whoever has seen
 * one could keep all others out with it.
 */
export function acquireLimits(
  store: Store,
  config: Config,
  { limit, targets }: { readonly limit: Limit; readonly targets: readonly Target[] },
  bodySha256: string | undefined,
  nowMs: number,
): LimitDecision {
  if (limit === undefined) return { allowed: true }
  if ('call' in limit) return tryAcquire(store.rateLimits, limit.call, config.callLimits, nowMs)
  const images = [...new Set(targets.map(({ image }) => canonicalImage(image)))]
  const name = `body ${bodySha256}`
  const isRepetition = images.some(image => hasHit(store.image(image), name, nowMs - SAME_BODY.ms))
  const verdicts = isRepetition
    ? []
    : images.map(image => tryAcquire(store.image(image), 'delivery', config.imageLimits, nowMs))
  const refused = verdicts.find(({ allowed }) => !allowed)
  if (refused !== undefined || bodySha256 === undefined) return refused ?? { allowed: true }
  const counted = images.map(image => tryAcquire(store.image(image), name, [SAME_BODY], nowMs))
  return counted.find(({ allowed }) => !allowed) ?? { allowed: true }
}
