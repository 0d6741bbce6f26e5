// Which units may be touched, and what each runs. The list in the configuration is the safe default; discovery, where
// it is switched on, adds the units that say so themselves. Images come from the generator, else from the containers.
import type { Config } from '../config/config.js'
import { type Container, containers } from '../host/podman.js'
import { findGenerated, type GeneratedUnit, generatedUnits, parseMarker } from '../host/quadlet.js'
import { cat } from '../host/systemd.js'
import { matchesPattern, parseUnit } from '../unit-name.js'
import { isQualified } from './image.js'
import type { KnownUnit } from './match.js'
import { isSandboxed, unitsFromOutside } from './outside.js'
import { type Pin, readPin } from './pin.js'
import { isToldByPin, referenceOf } from './reference.js'
import { containersOf, mainContainer } from './unit-containers.js'
import { othersOf } from './unit-images.js'
import { readUnits } from './unit-list.js'

/** In the order of the list, then the discovered ones by name. Throws CommandFailed. */
export async function enabledUnits(config: Config): Promise<KnownUnit[]> {
  // A request that may not ask anybody is given the list as it was when something last changed.
  return config.spool === undefined ? findUnits(config) : readUnits(config.spool.unitsFile)
}

async function findUnits(config: Config): Promise<KnownUnit[]> {
  const generated = await generatedUnits(config)
  const listed = config.discover === 'only' ? [] : config.manualUnits
  const isPlain = (unit: string) => isQualified(generatedImage(unit, generated) ?? '')
  if (config.discover === 'off' && listed.every(isPlain)) {
    return listed.map(unit =>
      withPin({ unit, image: generatedImage(unit, generated), enabledBy: 'list' }, readPin(config, unit)),
    )
  }
  if (isSandboxed(config)) return unitsFromOutside(config)
  const all = await containers()
  const found = config.discover === 'off' ? [] : await discover(config, generated, all)
  const units = [
    ...listed.map(unit => ({ unit, enabledBy: 'list' as const })),
    ...found.filter(({ unit }) => !listed.includes(unit)),
  ]
  return Promise.all(
    units.map(async ({ unit, enabledBy }) => {
      const source = findGenerated(unit, generated)
      const pin = readPin(config, unit)
      const isPlain = isQualified(source?.image ?? '')
      const own = isPlain ? [] : await containersOf(config.scope, unit, all)
      const evidence = { container: mainContainer(own), pin }
      const told = isToldByPin(source, pin)
      const image = told ? undefined : (await referenceOf(config, unit, source, evidence))?.image
      return withContainers(withPin({ unit, image, enabledBy }, pin), source, own, pin)
    }),
  )
}

/** With what its containers run, where its files do not tell. */
function withContainers(
  known: KnownUnit,
  source: GeneratedUnit | undefined,
  own: readonly Container[],
  pin: Pin | 'broken' | undefined,
): KnownUnit {
  const image = known.image ?? mainContainer(own)?.image ?? source?.image
  const others = othersOf(own, image ?? '', typeof pin === 'object' ? pin : undefined)
  return { ...known, image, ...(others.length > 0 && { others: others.map(([reference]) => reference) }) }
}

/** With what keeps it on an image. A pinned container names no reference, so the pin says which one it stands for. */
function withPin(known: KnownUnit, pin: Pin | 'broken' | undefined): KnownUnit {
  if (typeof pin !== 'object') return known
  if (known.image !== undefined && known.image !== pin.image) return known // its owner has chosen another since
  const { keptId, badId, hold } = pin
  const stays = { keptId, ...(badId && { badId }), ...(hold && { hold }) }
  return { ...known, image: known.image ?? pin.image, pin: stays }
}

type DiscoveredUnit = Pick<KnownUnit, 'unit' | 'enabledBy'>

/**
 * Container units that are marked, or match the pattern: what the generator makes, and what runs a container that says so.
 * A template itself cannot be restarted; its instances can.
 */
async function discover(
  config: Config,
  generated: readonly GeneratedUnit[],
  all: readonly Container[],
): Promise<DiscoveredUnit[]> {
  const made = generated.filter(({ image }) => image !== undefined).map(({ unit }) => unit)
  const claimed = [...new Set(all.map(({ claimedUnit }) => claimedUnit))].filter(unit => !made.includes(unit))
  const proven = await Promise.all(
    claimed.map(async unit =>
      parseUnit(unit) === unit && (await containersOf(config.scope, unit, all)).length > 0 ? [unit] : [],
    ),
  )
  const candidates = [...made, ...proven.flat()].filter(unit => parseUnit(unit) === unit).sort()
  const judged = await Promise.all(
    candidates.map(async (unit): Promise<DiscoveredUnit[]> => {
      if (await isMarked(config, unit, generated)) return [{ unit, enabledBy: 'marker' }]
      const pattern = config.discoverPattern
      return pattern !== undefined && matchesPattern(unit, pattern) ? [{ unit, enabledBy: 'pattern' }] : []
    }),
  )
  return judged.flat()
}

/** systemd's own drop-ins are visible to `systemctl cat` alone, and they come last; the generator knows the disk. */
async function isMarked(config: Config, unit: string, generated: readonly GeneratedUnit[]): Promise<boolean> {
  const text = await cat(config.scope, unit)
  return text === '' ? generated.some(other => other.unit === unit && other.marked) : parseMarker(text)
}

const generatedImage = (unit: string, generated: readonly GeneratedUnit[]): string | undefined =>
  findGenerated(unit, generated)?.image
