// Method and request target to a route, or a refusal. Paths are taken as they are written: no decoding, no dot
// segments, no trailing slash, no case folding, so that there is one spelling of each and nothing to normalise wrongly.
import { type Refusal, refuse } from './errors.js'
import { SENDERS } from './senders/index.js'
import type { Sender } from './senders/sender.js'
import { parseUnit } from './units.js'

export type Route =
  | { readonly kind: 'health' }
  | {
      readonly kind: 'hook'
      readonly sender: Sender
      /** Named in the path; undefined where the image is to find it. */
      readonly unit: string | undefined
      readonly redeploy: boolean
    }

interface Found {
  readonly methods: readonly string[]
  readonly route: Route
}

/** The path of a request target without its query, which may hold a token and is never logged or stored. */
export const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

/** 400 for a target that is not a path (absolute form, `*`), 404 for no route, 405 with Allow for a wrong method. */
export function findRoute(method: string, target: string): Route | Refusal {
  if (!target.startsWith('/') || target.includes('#')) return refuse(400, 'the request target must be a path')
  const found = findPath(pathOf(target))
  if (found === undefined) return refuse(404, 'no such path')
  if (found.methods.includes(method)) return found.route
  return refuse(405, 'no such method here', { Allow: found.methods.join(', ') })
}

function findPath(path: string): Found | undefined {
  if (path === '/health') return { methods: ['GET', 'HEAD'], route: { kind: 'health' } }
  const [empty, hooks, name, unit, redeploy, ...more] = path.split('/')
  const sender = SENDERS.find(known => known.name === name)
  if (empty !== '' || hooks !== 'hooks' || sender === undefined || more.length > 0) return undefined
  if (redeploy !== undefined && redeploy !== 'redeploy') return undefined
  const parsed = unit === undefined ? undefined : parseUnit(unit)
  if (unit !== undefined && parsed === undefined) return undefined
  return {
    methods: ['POST'],
    route: { kind: 'hook', sender, unit: parsed, redeploy: redeploy === 'redeploy' },
  }
}
