// What a person or a program may ask of the lists of events and tasks, the same words on the command line and in a URL.
import * as v from 'valibot'
import { isObject } from './payload.js'
import { parseUnit } from './units.js'

const DURATION = /^([0-9]{1,6})(s|m|h|d)$/
const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const MAX_ROWS = 1000

const integer = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[0-9]{1,15}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  )

/** `90s`, `15m`, `2h`, `7d` ago, or a date that Date understands. Gives ms since 1970. */
const since = (nowMs: number) =>
  v.pipe(
    v.string(),
    v.transform(text => {
      const [, amount, unit] = DURATION.exec(text) ?? []
      return unit === undefined ? Date.parse(text) : nowMs - Number(amount) * MS[unit as keyof typeof MS]
    }),
    v.check(
      (ms: number) => Number.isFinite(ms),
      'must be a duration such as 2h, or a date such as 2026-01-31T12:00',
    ),
  )

const unit = v.pipe(
  v.string(),
  v.check(text => parseUnit(text) !== undefined, 'must be the name of a service unit'),
  v.transform(text => parseUnit(text) ?? text),
)

const common = (nowMs: number) => ({
  since: v.optional(since(nowMs)),
  unit: v.optional(unit),
  /** Rows older than this id: the last id of one page begins the next. */
  before: v.optional(integer(1, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(integer(1, MAX_ROWS), '20'),
})

export interface EventQuery {
  readonly since?: number | undefined
  readonly unit?: string | undefined
  readonly status?: number | undefined
  readonly action?: string | undefined
  readonly request_id?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

export interface TaskQuery {
  readonly since?: number | undefined
  readonly unit?: string | undefined
  readonly status?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** What is wrong with one field; a dotted path, or empty for the whole. */
export interface Problem {
  readonly field: string
  readonly message: string
}
export type Problems = readonly Problem[]
type Text = Readonly<Record<string, string | undefined>>

export function parseEventQuery(text: Text, nowMs: number): EventQuery | Problems {
  const schema = v.object({
    ...common(nowMs),
    status: v.optional(integer(100, 599)),
    action: v.optional(v.string()),
    request_id: v.optional(v.string()),
  })
  return check(schema, text)
}

/** `status` is a state or an outcome. */
export function parseTaskQuery(text: Text, nowMs: number): TaskQuery | Problems {
  const words = ['queued', 'running', 'done', 'updated', 'unchanged', 'rolled-back', 'failed', 'skipped']
  const status = v.optional(v.picklist(words, `must be one of ${words.join(', ')}`))
  return check(v.object({ ...common(nowMs), status }), text)
}

/**
 * Everything wrong with `input`, each with the name of its field, or what the schema makes of it. Unknown fields are looked
 * for here, because valibot's strictObject names the first of them alone, and takes a list for an object.
 */
export function check<S extends v.GenericSchema & { readonly entries: object }>(
  schema: S,
  input: unknown,
): v.InferOutput<S> | Problems {
  if (!isObject(input)) return [{ field: '', message: 'must be a JSON object' }]
  const unknown = Object.keys(input).filter(name => !Object.hasOwn(schema.entries, name))
  const parsed = v.safeParse(schema, input)
  if (parsed.success && unknown.length === 0) return parsed.output
  return [
    ...unknown.map(field => ({ field, message: 'is not known here' })),
    ...(parsed.issues ?? []).map(issue => ({ field: v.getDotPath(issue) ?? '', message: issue.message })),
  ]
}
