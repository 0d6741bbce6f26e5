// Pure: method and request target to a route, or an error. Paths are compared as they are: no decoding, no dot segments, no
// trailing slash, no case folding. So each path has one spelling, and nothing can be normalised wrongly.
import { isSenderName, type SenderName } from '../config/sender-names.js'
import { type HttpError, httpError } from '../errors.js'
import { unitOfSegment } from '../unit-name.js'

/** `unit` is named in the path; undefined where the image, or the body, is to say. */
export type Route =
  | { readonly kind: 'health' }
  | { readonly kind: 'page' }
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

interface MatchedPath {
  readonly methods: readonly string[]
  readonly route: Route
}

/** The path of a request target without its query, which may hold a token and is never logged or stored. */
export const pathOf = (target: string): string => target.split('?', 1)[0] ?? ''

/** The query of a request target; where a name is repeated, the last one counts. */
export const queryOf = (target: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(target.slice(pathOf(target).length)))

/** 400 for a target that is not a path (absolute form, `*`), 404 for no route, 405 with Allow for a wrong method. */
export function findRoute(method: string, target: string): Route | HttpError {
  if (!target.startsWith('/') || target.includes('#'))
    return httpError(400, 'the request target must be a path')
  const found = findPath(pathOf(target))
  if (found === undefined) return httpError(404, 'no such path')
  if (found.methods.includes(method)) return found.route
  return httpError(405, 'method not allowed', { Allow: found.methods.join(', ') })
}

function findPath(path: string): MatchedPath | undefined {
  if (path === '/health') return { methods: ['GET', 'HEAD'], route: { kind: 'health' } }
  if (path === '/') return { methods: ['GET', 'HEAD'], route: { kind: 'page' } }
  if (path === '/auto-update') return { methods: ['POST', 'GET'], route: { kind: 'auto-update' } }
  if (path.startsWith('/hooks/')) return findHook(path.slice('/hooks/'.length).split('/'))
  if (path.startsWith('/api/v1/')) return findApi(path.slice('/api/v1/'.length).split('/'))
  return undefined
}

function findHook([sender, unit, redeploy, ...more]: readonly string[]): MatchedPath | undefined {
  const parsed = unit === undefined ? undefined : unitOfSegment(unit)
  if (!isSenderName(sender) || more.length > 0 || (redeploy !== undefined && redeploy !== 'redeploy'))
    return undefined
  if (unit !== undefined && parsed === undefined) return undefined
  return {
    methods: ['POST'],
    route: { kind: 'hook', sender, unit: parsed, redeploy: redeploy === 'redeploy' },
  }
}

function findApi([noun, name, verb, ...more]: readonly string[]): MatchedPath | undefined {
  if (more.length > 0) return undefined
  if (noun === 'trigger' && name === undefined)
    return { methods: ['POST'], route: { kind: 'trigger', unit: undefined } }
  if (noun === 'units' && name !== undefined && verb === 'trigger') {
    const unit = unitOfSegment(name)
    return unit === undefined ? undefined : { methods: ['POST'], route: { kind: 'trigger', unit } }
  }
  if (noun === 'tasks' && name !== undefined && verb === undefined && /^[1-9][0-9]{0,14}$/.test(name)) {
    return { methods: ['GET'], route: { kind: 'task', id: Number(name) } }
  }
  const lists = noun === 'units' || noun === 'tasks' || noun === 'events'
  return lists && name === undefined ? { methods: ['GET'], route: { kind: noun } } : undefined
}
