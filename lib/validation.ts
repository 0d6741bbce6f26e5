// Pure: input from outside, checked against a valibot schema.
import * as v from 'valibot'
import { isObject } from './json.js'
import { invalid, no, type Result, valid } from './result.js'
import { parseUnit } from './unit-name.js'

/**
 * What the schema makes of `input`. Unknown fields are looked for here, because valibot's strictObject names the first of
 * them alone, and takes a list for an object.
 */
export function validate<S extends v.GenericSchema & { readonly entries: object }>(
  schema: S,
  input: unknown,
): Result<v.InferOutput<S>> {
  if (!isObject(input)) return no('must be a JSON object')
  const unknown = Object.keys(input).filter(name => !Object.hasOwn(schema.entries, name))
  const parsed = v.safeParse(schema, input)
  if (parsed.success && unknown.length === 0) return valid(parsed.output)
  return invalid(
    ...unknown.map(field => ({ field, message: 'is an unknown field' })),
    ...(parsed.issues ?? []).map(issue => ({ field: v.getDotPath(issue) ?? '', message: issue.message })),
  )
}

/** The name of a service unit, with its suffix added where it is missing; `message` for anything else. */
export const unitNameOr = (message: string) =>
  v.pipe(
    v.string('must be a text'),
    v.check(text => parseUnit(text) !== undefined, message),
    v.transform(text => parseUnit(text) ?? text),
  )

export const unitName = unitNameOr('must be the name of a service unit')

/** A whole number as text, from `min` to `max`. */
export const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[0-9]{1,15}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  )
