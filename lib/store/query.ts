// Pure: what a person or a program may ask of the lists of events and tasks, the same words on the command line and in a URL.
import * as v from 'valibot'
import { OUTCOMES } from '../config/outcomes.js'
import type { Result } from '../result.js'
import { unitName, validate, wholeNumber } from '../validation.js'

const DURATION = /^([0-9]{1,6})(s|m|h|d)$/
const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const MAX_ROWS = 1000

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

const common = (nowMs: number) => ({
  since: v.optional(since(nowMs)),
  unit: v.optional(unitName),
  /** Rows older than this id: the last id of one page begins the next. */
  before: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(wholeNumber(1, MAX_ROWS), '20'),
})

export interface EventQuery {
  readonly since?: number | undefined
  readonly unit?: string | undefined
  readonly status?: number | undefined
  readonly action?: string | undefined
  readonly request_id?: string | undefined
  readonly tenant?: string | undefined
  readonly method?: string | undefined
  readonly before?: number | undefined
  readonly limit: number
}

export interface TaskQuery {
  readonly since?: number | undefined
  readonly unit?: string | undefined
  /** Of any of these. */
  readonly units?: readonly string[] | undefined
  readonly status?: string | undefined
  /** Of any of these states or outcomes. */
  readonly statuses?: readonly string[] | undefined
  readonly before?: number | undefined
  readonly limit: number
}

type Text = Readonly<Record<string, string | undefined>>

export function parseEventQuery(text: Text, nowMs: number): Result<EventQuery> {
  const schema = v.object({
    ...common(nowMs),
    status: v.optional(wholeNumber(100, 599)),
    action: v.optional(v.string()),
    request_id: v.optional(v.string()),
  })
  return validate(schema, text)
}

/** `status` is a state or an outcome. */
export function parseTaskQuery(text: Text, nowMs: number): Result<TaskQuery> {
  const words = ['queued', 'running', 'done', ...OUTCOMES]
  const status = v.optional(v.picklist(words, `must be one of ${words.join(', ')}`))
  return validate(v.object({ ...common(nowMs), status }), text)
}
