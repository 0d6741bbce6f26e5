// Which units may be touched, and what each runs. The list in the configuration is the safe default; discovery, where
// it is switched on, adds the units that say so themselves. Images come from the generator, else from the containers.
import type { Config } from './config.js'
import type { KnownUnit } from './match.js'
import { type Container, containerOf } from './podman.js'
import { findGenerated, type GeneratedUnit, generatedUnits, parseMarker } from './quadlet.js'
import { containersFromAnywhere } from './sandbox.js'
import { readUnits } from './spool.js'
import { cat } from './systemd.js'
import { matchesPattern } from './units.js'

/** In the order of the list, then the discovered ones by name. Throws CommandFailed. */
export async function enabledUnits(config: Config): Promise<KnownUnit[]> {
  // A request that may not ask anybody is given the list as it was when something last changed.
  return config.spool === undefined ? findUnits(config) : readUnits(config.spool.unitsFile)
}

async function findUnits(config: Config): Promise<KnownUnit[]> {
  const generated = await generatedUnits(config)
  const listed = config.discover === 'only' ? [] : config.manualUnits
  if (config.discover === 'off' && listed.every(unit => generatedImage(unit, generated) !== undefined)) {
    return listed.map(unit => ({ unit, image: generatedImage(unit, generated), enabledBy: 'list' }))
  }
  const running = await containersFromAnywhere(config)
  const found = config.discover === 'off' ? [] : await discover(config, generated, running)
  const all = [
    ...listed.map(unit => ({ unit, enabledBy: 'list' as const })),
    ...found.filter(({ unit }) => !listed.includes(unit)),
  ]
  return all.map(({ unit, enabledBy }) => ({
    unit,
    image: generatedImage(unit, generated) ?? containerOf(unit, running)?.image,
    enabledBy,
  }))
}

type Found = Pick<KnownUnit, 'unit' | 'enabledBy'>

/** Container units that are marked, or match the pattern. A template itself cannot be restarted; its instances can. */
async function discover(
  config: Config,
  generated: readonly GeneratedUnit[],
  running: readonly Container[],
): Promise<Found[]> {
  const units = [...generated.filter(({ image }) => image !== undefined), ...running].map(({ unit }) => unit)
  const candidates = [...new Set(units)]
    .filter(unit => unit.endsWith('.service') && !unit.includes('@.'))
    .sort()
  const judged = await Promise.all(
    candidates.map(async (unit): Promise<Found[]> => {
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
