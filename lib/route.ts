// Method and request target to a route, or a refusal. Paths are taken as they are written: no decoding, no dot
// segments, no trailing slash, no case folding, so that there is one spelling of each and nothing to normalise wrongly.
import { type Refusal, refuse } from './errors.js'
import { isSender, type SenderName } from './senders/index.js'
import { parseUnit } from './units.js'

/** `unit` is named in the path; undefined where the image, or the body, is to say. */
export type Route =
  | { readonly kind: 'health' }
  | {
      readonly kind: 'hook'
      readonly sender: SenderName
      readonly unit: string | undefined
      readonly redeploy: boolean
    }
  | { readonly kind: 'auto-update' }
  | { readonly kind: 'trigger'; readonly unit: string | undefined }
  | { readonly kind: 'units' | 'tasks' | 'events' }
  | { readonly kind: 'task'; readonly id: number }

interface Found {
  readonly methods: readonly string[]
  readonly route: Route
}

/** The path of a request target without its query, which may hold a token and is never logged or stored. */
export const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

/** The query of a request target; where a name is repeated, the last one counts. */
export const queryOf = (target: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(target.slice(pathOf(target).length)))

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
  if (path === '/auto-update') return { methods: ['POST', 'GET'], route: { kind: 'auto-update' } }
  if (path.startsWith('/hooks/')) return findHook(path.slice('/hooks/'.length).split('/'))
  if (path.startsWith('/api/v1/')) return findApi(path.slice('/api/v1/'.length).split('/'))
  return undefined
}

function findHook([sender, unit, redeploy, ...more]: readonly string[]): Found | undefined {
  const parsed = unit === undefined ? undefined : unitOf(unit)
  if (!isSender(sender) || more.length > 0 || (redeploy !== undefined && redeploy !== 'redeploy'))
    return undefined
  if (unit !== undefined && parsed === undefined) return undefined
  return {
    methods: ['POST'],
    route: { kind: 'hook', sender, unit: parsed, redeploy: redeploy === 'redeploy' },
  }
}

function findApi([noun, name, verb, ...more]: readonly string[]): Found | undefined {
  if (more.length > 0) return undefined
  if (noun === 'trigger' && name === undefined)
    return { methods: ['POST'], route: { kind: 'trigger', unit: undefined } }
  if (noun === 'units' && name !== undefined && verb === 'trigger') {
    const unit = unitOf(name)
    return unit === undefined ? undefined : { methods: ['POST'], route: { kind: 'trigger', unit } }
  }
  if (noun === 'tasks' && name !== undefined && verb === undefined && /^[1-9][0-9]{0,14}$/.test(name)) {
    return { methods: ['GET'], route: { kind: 'task', id: Number(name) } }
  }
  const lists = noun === 'units' || noun === 'tasks' || noun === 'events'
  return lists && name === undefined ? { methods: ['GET'], route: { kind: noun } } : undefined
}

/** The unit of a segment of the path, in which clients may write app@one as app%40one (RFC 3986, 2.1). */
function unitOf(segment: string): string | undefined {
  try {
    return parseUnit(decodeURIComponent(segment))
  } catch {
    return undefined // a % that begins no escape
  }
}
