// Pure: what a caller of the API asks for. Unknown fields are errors, so that a misspelt dry_run never becomes an upgrade.
import * as v from 'valibot'
import { escapeControl } from '../escape.js'
import { invalid, no, type Result, valid } from '../result.js'
import { parseImage } from '../targets/image.js'
import { unitName, validate } from '../validation.js'

export interface TriggerBody {
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
/** It will be shown on terminals, and handed on to other programs. */
const words = (max: number) =>
  v.optional(
    v.pipe(
      v.string('must be a text'),
      v.maxLength(max, `at most ${max} characters`),
      v.transform(text => escapeControl(text).slice(0, max)),
    ),
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
    v.pipe(v.array(unitName, 'must be a list'), v.maxLength(MAX_UNITS, `at most ${MAX_UNITS} units`)),
    [],
  ),
})

/** `unit` is the one in the path, which leaves `all` and `units` unknown fields. */
export function parseTriggerBody(body: unknown, unit: string | undefined): Result<TriggerBody> {
  if (unit !== undefined) {
    const one = validate(One, body)
    return one.ok ? valid(bodyFrom({ ...one.value, all: false, units: [unit] })) : one
  }
  const many = validate(Many, body)
  if (!many.ok) return many
  const { all, units, image } = many.value
  const named = units.length > 0 || image !== undefined
  if (all && named) return invalid({ field: 'all', message: 'excludes units and image' })
  if (!all && !named) return no('say which units: all, units or image')
  return valid(bodyFrom(many.value))
}

function bodyFrom({ dry_run: dryRun, units, ...asked }: v.InferOutput<typeof Many>): TriggerBody {
  const { all, image, force, caller, reason } = asked
  return { all, units, image, force, dryRun, caller, reason }
}
