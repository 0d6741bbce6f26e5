// What a caller of the API asks for. Unknown fields are errors, so that a misspelt dry_run never becomes an upgrade.
import * as v from 'valibot'
import { parseImage } from './image.js'
import { check, type Problems } from './query.js'
import { parseUnit } from './units.js'

export interface Ask {
  /** Every enabled unit. */
  readonly all: boolean
  /** In the places where they were sent, a name perhaps more than once. */
  readonly units: readonly string[]
  /** The units that run this image; where units are named, a check that they do. */
  readonly image: string | undefined
  readonly force: boolean
  readonly dryRun: boolean
  readonly caller: string | undefined
  readonly reason: string | undefined
}

const MAX_UNITS = 100

const boolean = v.optional(v.boolean('must be true or false'), false)
const words = (max: number) =>
  v.optional(v.pipe(v.string('must be a text'), v.maxLength(max, `at most ${max} characters`)))
const unit = v.pipe(
  v.string('must be a text'),
  v.check(text => parseUnit(text) !== undefined, 'must be the name of a service unit'),
  v.transform(text => parseUnit(text) ?? text),
)
const image = v.optional(
  v.pipe(
    v.string('must be a text'),
    v.check(text => parseImage(text) !== undefined, 'must be an image reference'),
  ),
)
const common = { image, force: boolean, dry_run: boolean, caller: words(100), reason: words(500) }

const One = v.object(common)
const Many = v.object({
  ...common,
  all: boolean,
  units: v.optional(
    v.pipe(v.array(unit, 'must be a list'), v.maxLength(MAX_UNITS, `at most ${MAX_UNITS} units`)),
    [],
  ),
})

/** `unit` is the one in the path, which leaves `all` and `units` unknown fields. */
export function parseAsk(body: unknown, unit: string | undefined): Ask | Problems {
  if (unit !== undefined) {
    const one = check(One, body)
    return 'length' in one ? one : askOf({ ...one, all: false, units: [unit] })
  }
  const many = check(Many, body)
  if ('length' in many) return many
  const named = many.units.length > 0 || many.image !== undefined
  if (many.all && named) return [{ field: 'all', message: 'excludes units and image' }]
  return many.all || named ? askOf(many) : [{ field: '', message: 'say which units: all, units or image' }]
}

function askOf({ dry_run: dryRun, units, ...asked }: v.InferOutput<typeof Many>): Ask {
  const { all, image, force, caller, reason } = asked
  return { all, units, image, force, dryRun, caller, reason }
}
