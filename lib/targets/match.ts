// Pure: which units an event is about. Only enabled units are ever chosen, and only where the pushed image is the one that
// the unit is configured to follow; everything else is a reason, told to whoever asked.
import { invalid, type Result, valid } from '../result.js'
import { follows, formatPushed, type ImageRef, type Pushed, parseImage, sameRepository } from './image.js'
import type { Pin } from './pin.js'

/** An enabled unit and the reference it runs, as its configuration has it; undefined where nothing tells. */
export interface KnownUnit {
  readonly unit: string
  readonly image: string | undefined
  /** What its other containers run, by reference. */
  readonly others?: readonly string[]
  /** What enabled it: WEBHOOK_MANUAL_UNITS, a marker in its files, or WEBHOOK_DISCOVER_PATTERN. */
  readonly enabledBy: 'list' | 'marker' | 'pattern'
  /** The image that it stays on, after a rollback or by a person's hold; undefined where it follows its reference. */
  readonly pin?: Pick<Pin, 'keptId' | 'badId' | 'hold'>
}

/** A unit to upgrade, and the reference to pull for it. */
export interface Target {
  readonly unit: string
  readonly image: string
}

export type Match =
  | { readonly kind: 'units'; readonly units: readonly Target[] }
  | { readonly kind: 'none'; readonly reason: string; readonly details?: Readonly<Record<string, unknown>> }

/** `named` is the unit in the path; without it the image finds the units. */
export function matchUnits(pushed: readonly Pushed[], enabled: readonly KnownUnit[], named?: string): Match {
  return named === undefined ? matchImage(pushed, enabled) : matchNamed(pushed, enabled, named)
}

function matchNamed(pushed: readonly Pushed[], enabled: readonly KnownUnit[], named: string): Match {
  const known = enabled.find(({ unit }) => unit === named)
  if (known === undefined) return { kind: 'none', reason: 'unit not enabled', details: { unit: named } }
  const details = { unit: named, unit_image: known.image ?? null, pushed: pushed.map(formatPushed) }
  if (known.image === undefined) return { kind: 'none', reason: 'image of the unit is unknown', details }
  const used = parseImage(known.image)
  if (used === undefined)
    return { kind: 'none', reason: 'image of the unit is not a valid reference', details }
  if (used.digest !== undefined) return { kind: 'none', reason: 'unit is pinned to a digest', details }
  const all = referencesOf(known)
  if (pushed.some(image => all.some(used => follows(used, image)))) {
    return { kind: 'units', units: [{ unit: named, image: known.image }] }
  }
  const other = pushed.some(image => all.some(used => sameRepository(used, image)))
    ? 'another tag was pushed'
    : 'another image was pushed'
  return { kind: 'none', reason: other, details }
}

const referencesOf = ({ image, others = [] }: KnownUnit): readonly ImageRef[] =>
  [...(image === undefined ? [] : [image]), ...others].flatMap(text => parseImage(text) ?? [])

function matchImage(pushed: readonly Pushed[], enabled: readonly KnownUnit[]): Match {
  const units = enabled.flatMap(known => {
    const { unit, image } = known
    const all = referencesOf(known)
    const matches = pushed.some(candidate => all.some(used => follows(used, candidate)))
    return matches && image !== undefined ? [{ unit, image }] : []
  })
  if (units.length > 0) return { kind: 'units', units }
  return {
    kind: 'none',
    reason: 'no enabled unit runs this image',
    details: { pushed: pushed.map(formatPushed) },
  }
}

export interface TargetSelection {
  readonly all: boolean
  readonly units: readonly string[]
  readonly image: string | undefined
}

/** The targets of a call of the API or the command line: all or nothing, so that a typo never upgrades half a list. */
export function chooseTargets(
  asked: TargetSelection,
  enabled: readonly KnownUnit[],
): Result<readonly Target[]> {
  const wanted = asked.image === undefined ? undefined : parseImage(asked.image)
  if (!asked.all && asked.units.length === 0) {
    const match = matchImage(wanted === undefined ? [] : [wanted], enabled)
    return match.kind === 'units' ? valid(match.units) : invalid({ field: 'image', message: match.reason })
  }
  const names = asked.all
    ? enabled.filter(({ image }) => image !== undefined).map(({ unit }) => unit)
    : asked.units
  if (names.length === 0)
    return invalid({ field: 'all', message: 'finds no enabled unit: see WEBHOOK_MANUAL_UNITS' })
  const chosen = names.map((name, index) => chooseUnit(name, index, wanted, enabled))
  const problems = chosen.flatMap(choice => (choice.ok ? [] : choice.problems))
  if (problems.length > 0) return invalid(...problems)
  const targets = chosen.flatMap(choice => (choice.ok ? [choice.value] : []))
  return valid(targets.filter(({ unit }, index) => targets.findIndex(other => other.unit === unit) === index))
}

function chooseUnit(
  unit: string,
  index: number,
  wanted: ImageRef | undefined,
  enabled: readonly KnownUnit[],
): Result<Target> {
  const field = `units.${index}`
  const known = enabled.find(other => other.unit === unit)
  if (known === undefined) return invalid({ field, message: `${unit} is not enabled` })
  if (known.image === undefined)
    return invalid({ field, message: `the image of ${unit} is unknown: is it a container unit?` })
  if (wanted !== undefined && !referencesOf(known).some(used => sameRepository(used, wanted))) {
    return invalid({
      field: 'image',
      message: `${unit} runs ${[known.image, ...(known.others ?? [])].join(', ')}`,
    })
  }
  return valid({ unit, image: known.image })
}

/** Why a unit does not follow its reference now, in a few words. */
export const describePin = ({ keptId, hold }: NonNullable<KnownUnit['pin']>): string =>
  `${hold === undefined ? 'rolled back, stays' : `held: ${hold};`} on ${keptId.slice(0, 12)}`
