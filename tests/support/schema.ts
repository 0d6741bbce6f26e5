// As much of JSON Schema (2020-12) as fixtures/openapi.json uses, and a complaint about anything more: what a value has that
// the schema does not allow, each with its place.
export type Schema = Readonly<Record<string, unknown>>

const KNOWN = new Set(
  '$ref type enum properties required additionalProperties items maxItems minimum maximum maxLength description default'.split(
    ' ',
  ),
)

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: value => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: value => typeof value === 'string',
  integer: Number.isInteger,
  boolean: value => typeof value === 'boolean',
}

/** What is wrong with `value`; empty where nothing is. `$ref` is looked up in `document`. */
export function violations(document: Schema, schema: Schema, value: unknown, at = '$'): string[] {
  const strange = Object.keys(schema).filter(word => !KNOWN.has(word))
  if (strange.length > 0)
    return [`${at}: the schema says ${strange.join(', ')}, which is not understood here`]
  if (typeof schema['$ref'] === 'string')
    return violations(document, lookUp(document, schema['$ref']), value, at)
  const { type, enum: words } = schema as { type?: string; enum?: readonly unknown[] }
  if (type !== undefined && !TYPES[type]?.(value)) return [`${at}: is no ${type}: ${JSON.stringify(value)}`]
  if (words !== undefined && !words.includes(value))
    return [`${at}: is none of ${words.join(', ')}: ${value}`]
  if (type === 'object') return members(document, schema, value as Schema, at)
  if (type !== 'array') return []
  return (value as unknown[]).flatMap((item, index) =>
    violations(document, schema['items'] as Schema, item, `${at}[${index}]`),
  )
}

function members(document: Schema, schema: Schema, value: Schema, at: string): string[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const missing = ((schema['required'] ?? []) as string[]).filter(name => !Object.hasOwn(value, name))
  return [
    ...missing.map(name => `${at}.${name}: is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const known = properties[name]
      if (known !== undefined) return violations(document, known, member, `${at}.${name}`)
      return schema['additionalProperties'] === false ? [`${at}.${name}: is not known`] : []
    }),
  ]
}

export function lookUp(document: Schema, reference: string): Schema {
  const path = reference.replace(/^#\//, '').split('/')
  return path.reduce((place, name) => (place as Readonly<Record<string, Schema>>)[name]!, document)
}
