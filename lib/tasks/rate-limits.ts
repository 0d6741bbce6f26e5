// The limits that a request for an upgrade counts against: each image's own, or those of all calls under one name.
import type { Config } from '../config/config.js'
import type { LimitDecision } from '../sliding-window.js'
import { tryAcquire } from '../store/rate-limit.js'
import type { Store } from '../store/store.js'
import { canonicalImage } from '../targets/image.js'
import type { Target } from '../targets/match.js'

/** The image of each target, or all calls under this name; undefined is without a limit. */
export type Limit = { readonly perImage: true } | { readonly call: string } | undefined

/** Counts the call against its limits. */
export function acquireLimits(
  store: Store,
  config: Config,
  { limit, targets }: { readonly limit: Limit; readonly targets: readonly Target[] },
  nowMs: number,
): LimitDecision {
  if (limit === undefined) return { allowed: true }
  if ('call' in limit) return tryAcquire(store.rateLimits, limit.call, config.callLimits, nowMs)
  const images = [...new Set(targets.map(({ image }) => canonicalImage(image)))]
  const verdicts = images.map(image => tryAcquire(store.image(image), 'delivery', config.imageLimits, nowMs))
  return verdicts.find(({ allowed }) => !allowed) ?? { allowed: true }
}
