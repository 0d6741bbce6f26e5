// The way back of a unit: a drop-in with which it runs an image that ran well. It is proven before the unit is restarted with
// another image: written, synced, loaded, and read back from systemd. Then it waits beside its place under a name that systemd
// does not read, so that going back needs one rename and no space:
//
//   none --prove--> ready --pin--> pinned --unpin--> ready
//
// A proof holds for as long as the unit is defined as it was; until then only the image's id in it is changed.
import { readFileSync } from 'node:fs'
import type { Config } from '../../config/config.js'
import { isFileError } from '../../errors.js'
import { cat, reload } from '../../host/systemd.js'
import { refreshPinCommand } from '../../host/transient-units.js'
import { type UnitCommands, unitCommands } from '../../host/unit-commands.js'
import { unitLockFile } from '../../store/files/lock.js'
import { definitionDigest, type Pin, parsePin, pinPath, yamlFiles } from '../../targets/pin.js'
import { formatDropIn } from './drop-in.js'
import { readIfThere, removeDurably, renameDurably, writeDurably } from './durable-file.js'
import { type KeptImages, pinCommands, sameCommands } from './pinned-commands.js'

export interface Place {
  readonly unit: string
  readonly config: Config
  /** What the generator makes of the unit; undefined for one that it did not make. */
  readonly generated: string | undefined
}

/** Where a way back leads: what the drop-in says of itself. */
export type Destination = Omit<Pin, 'madeFrom'>

const keptBy = ({ image, keptId, others = [] }: Destination): KeptImages =>
  new Map([...others, [image, keptId]])

const dropIn = ({ unit, config }: Place): string => pinPath(config, unit)
const readyFile = (place: Place): string => `${dropIn(place)}.ready`
/** Beside the drop-in, and not in the state, which may be removed while the unit still needs it. */
const yamlCopy = (place: Place): string => dropIn(place).replace(/\.conf$/, '.yaml')

/** Of the unit without its pin: another digest is another definition. */
export async function definitionOf({ unit, config, generated }: Place): Promise<string> {
  const text = await cat(config.scope, unit)
  const yaml = yamlFiles(generated ?? text).map(path => readIfThere(path) ?? '')
  return definitionDigest(text, generated, yaml)
}

/**
 * Makes the way back ready. Gives what is in its way, or undefined. The unit must not be pinned; it is not restarted, and runs at
 * its next start what it would have run. Throws CommandFailed where systemd does not answer.
 */
export async function prove(place: Place, destination: Destination): Promise<string | undefined> {
  const { unit, config } = place
  const kept = keptBy(destination)
  const madeFrom = await definitionOf(place)
  const pinned = pinCommands(await unitCommands(config.scope, unit), kept, yamlCopy(place))
  if (!pinned.ok) return pinned.problems[0]?.message
  const { yaml, ...commands } = pinned.value
  try {
    if (yaml !== undefined) {
      const { pinYaml } = await import('./kube-yaml.js') // with its parser, which only these units need
      const text = pinYaml(readFileSync(yaml.source, 'utf8'), kept)
      if (text === undefined) return `${yaml.source} names an image that none of its containers runs`
      writeDurably(yaml.copy, text)
    }
    const proven = parsePin(readIfThere(readyFile(place)) ?? '')?.madeFrom === madeFrom
    const condition = refreshPinCommand(config, unit, unitLockFile(config.stateDir, unit))
    writeDurably(
      readyFile(place),
      formatDropIn(unit, { ...commands, condition }, { ...destination, madeFrom }),
    )
    return proven ? undefined : await tryOut(place, commands)
  } catch (error) {
    if (!isFileError(error)) throw error
    return error.message
  }
}

/** What a way back would be, without touching anything. */
export interface WayBack {
  /** By an upgrade before this, and the unit is defined as it was. */
  readonly isProven: boolean
  /** What would be in its way, as far as that can be told without trying. */
  readonly trouble: string | undefined
}

/** Throws CommandFailed where systemd does not answer. */
export async function foresee(place: Place, destination: Destination): Promise<WayBack> {
  const { unit, config } = place
  const known = [readyFile(place), dropIn(place)].map(path => parsePin(readIfThere(path) ?? '')?.madeFrom)
  if (known.includes(await definitionOf(place))) return { isProven: true, trouble: undefined }
  const pinned = pinCommands(await unitCommands(config.scope, unit), keptBy(destination), yamlCopy(place))
  return { isProven: false, trouble: pinned.ok ? undefined : pinned.problems[0]?.message }
}

/** Has systemd load the drop-in, and takes it away again, whatever it says. */
async function tryOut(place: Place, wanted: UnitCommands): Promise<string | undefined> {
  const { unit, config } = place
  renameDurably(readyFile(place), dropIn(place))
  try {
    await reload(config.scope)
    const wins = sameCommands(await unitCommands(config.scope, unit), wanted)
    if (wins) return undefined
  } finally {
    renameDurably(dropIn(place), readyFile(place))
    await reload(config.scope)
  }
  removeDurably(readyFile(place)) // it was no proof
  return `another drop-in is read after ${dropIn(place)}: see systemctl cat ${unit}`
}

/** Makes the unit's next starts run the kept image. Throws CommandFailed, and what the file system says. */
export async function pin(place: Place): Promise<void> {
  if (readIfThere(readyFile(place)) !== undefined) renameDurably(readyFile(place), dropIn(place))
  await reload(place.config.scope)
}

/** Makes the unit's next starts run what its definition says. `again`: a run before this one may not have reloaded. */
export async function unpin(place: Place, again = false): Promise<void> {
  const pinned = readIfThere(dropIn(place)) !== undefined
  if (pinned) renameDurably(dropIn(place), readyFile(place))
  if (pinned || again) await reload(place.config.scope)
}
