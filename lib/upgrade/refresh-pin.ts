// A pin is a note about a unit: it ends when what it was made for does. The owner's files win: another reference ends the pin;
// any other change of the unit makes it anew, so that the change is not hidden by the command line that the pin has frozen.
import type { Config } from '../config/config.js'
import { localImage } from '../host/podman-images.js'
import { findGenerated, type GeneratedUnit, generatedUnits } from '../host/quadlet.js'
import { cat } from '../host/systemd.js'
import { log } from '../log.js'
import { type Pin, readPin } from '../targets/pin.js'
import { referenceOf } from '../targets/reference.js'
import { placeOf, type UnitSnapshot } from './inspect.js'
import type { Run } from './run.js'
import { definitionOf, type Place, pin, prove, unpin } from './way-back/way-back.js'

/** Gives whether it is still pinned. Throws CommandFailed. */
async function refreshPin(
  place: Place,
  found: Pin | 'broken',
  generated: GeneratedUnit | undefined,
): Promise<boolean> {
  const { unit, config } = place
  if (found === 'broken') {
    await unpin(place)
    log('warning', `${unit}: the drop-in that kept it on an image was not whole, and is taken away`)
    return false
  }
  const { madeFrom, ...note } = found
  if (madeFrom === (await definitionOf(place)) || (await isUnreadable(place))) return true
  await unpin(place)
  const image = (await referenceOf(config, unit, generated, { pin: found }))?.image ?? note.image
  if (image !== note.image) {
    log('notice', `${unit} follows ${image} now, and is not kept on an image of ${note.image} any more`)
    return false
  }
  const trouble = await prove(place, note)
  if (trouble === undefined) await pin(place)
  else log('warning', `${unit} cannot be kept on its image any more: ${trouble}`)
  return trouble === undefined
}

/** The generator makes nothing of its files any more: a reload would leave no unit to start. */
const isUnreadable = async ({ unit, config, generated }: Place): Promise<boolean> =>
  generated === undefined && /^SourcePath=/m.test(await cat(config.scope, unit))

/** The snapshot, with the pin that the unit's owner has left to it. Throws CommandFailed. */
export async function withFreshPin(run: Run, snapshot: UnitSnapshot): Promise<UnitSnapshot> {
  const { pin, state, generated } = snapshot
  if (pin === undefined || state.LoadState !== 'loaded') return snapshot
  if (await refreshPin(placeOf(run, snapshot), pin, generated)) return snapshot
  const image = (await referenceOf(run.config, run.task.unit, generated, snapshot))?.image ?? snapshot.image
  const local = image === snapshot.image ? snapshot.local : await localImage(image)
  return { ...snapshot, pin: undefined, image, local }
}

/** As a condition of the unit's own start (refreshPinCommand): what is loaded by its end is what is started. */
export async function refreshPinAtStart(config: Config, unit: string): Promise<void> {
  const found = readPin(config, unit)
  if (found === undefined) return
  const generated = findGenerated(unit, await generatedUnits(config))
  await refreshPin({ unit, config, generated: generated?.text }, found, generated)
}
