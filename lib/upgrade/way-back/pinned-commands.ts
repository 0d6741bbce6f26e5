// Pure: the commands of a unit, changed so that they run kept images by their ids, whatever their own pull policy:
//
//   podman run, create      the reference becomes the id, `--pull=never` takes the place of any other policy
//   podman kube play        it gets a copy of the YAML (kube-yaml.ts)
//   podman pull, before it  is left out
//   sh -c '…'               the reference in the text becomes the id; not where the text says how to pull
//
// The reference has to be in the main command exactly once: what cannot be understood is no way back.
import type { Command, UnitCommands } from '../../host/unit-commands.js'
import { no, type Result, valid } from '../../result.js'
import { canonicalImage } from '../../targets/image.js'

/** The image ids to run, by the references that the unit names. */
export type KeptImages = ReadonlyMap<string, string>

export interface Pinned extends UnitCommands {
  /** The YAML file of a kube unit that needs a copy, and where the commands expect the copy. */
  readonly yaml?: { readonly source: string; readonly copy: string }
}

/** `copy` is where a copy of the YAML of a kube unit would be. */
export function pinCommands(commands: UnitCommands, kept: KeptImages, copy: string): Result<Pinned> {
  const [main, ...more] = commands.start
  if (main === undefined || more.length > 0)
    return no(`it has ${commands.start.length} ExecStart= commands, not one`)
  const before = commands.before.flatMap(command => {
    const pinned = pinOne(command, kept)
    return isPull(command, kept) ? [] : [pinned.count > 0 ? pinned.command : command]
  })
  if (isKube(main)) {
    const source = main.words.findLast(word => /\.(ya?ml|json)$/.test(word))
    if (source === undefined) return no('its ExecStart= names no YAML file')
    const words = main.words.map(word => (word === source ? copy : word))
    return valid({ start: [{ ...main, words }], before, yaml: { source, copy } })
  }
  const pinned = pinOne(main, kept)
  if (pinned.count === 1) return valid({ start: [pinned.command], before })
  const references = [...kept.keys()].join(', ')
  return no(`its ExecStart= has ${references} ${pinned.count === 0 ? 'nowhere' : `${pinned.count} times`}`)
}

const isKube = ({ words }: Command): boolean =>
  words.some((word, index) => word === 'play' && words[index - 1] === 'kube')

/** Whether a command gets one of the images, and does nothing else. */
function isPull({ words }: Command, kept: KeptImages): boolean {
  const names = words.some(word => idOf(word, kept) !== undefined)
  const inText = words.some(word => /\bpodman\b.*\bpull\b/.test(word) && mentions(word, kept))
  return inText || (names && words.includes('pull'))
}

const mentions = (text: string, kept: KeptImages): boolean =>
  [...kept.keys()].some(reference => text.includes(reference))

function idOf(word: string, kept: KeptImages): string | undefined {
  const [, name = word] = /^(?:docker:\/\/)?(.+)$/.exec(word) ?? []
  return kept.get(name) ?? kept.get(canonicalImage(name))
}

/** `count` is how often a reference was found. */
function pinOne(command: Command, kept: KeptImages): { readonly command: Command; readonly count: number } {
  const found = command.words.filter(word => idOf(word, kept) !== undefined)
  if (found.length === 0) return pinText(command, kept)
  const verb = command.words.findIndex(word => word === 'run' || word === 'create')
  const last = command.words.findIndex(word => idOf(word, kept) !== undefined)
  const words = command.words.map(word => idOf(word, kept) ?? word)
  const options = withoutPull(words.slice(verb + 1, last))
  const pinned =
    verb < 0 ? words : [...words.slice(0, verb + 1), '--pull=never', ...options, ...words.slice(last)]
  return { command: { ...command, words: pinned }, count: found.length }
}

/** Without the pull policy, in either form of the option. */
function withoutPull(options: readonly string[]): string[] {
  return options.filter(
    (option, index) =>
      option !== '--pull' && !option.startsWith('--pull=') && options[index - 1] !== '--pull',
  )
}

/** A shell's text. Where that says how to pull, or names it twice, nothing is known. */
function pinText(command: Command, kept: KeptImages): { readonly command: Command; readonly count: number } {
  const words = command.words.map(word =>
    [...kept].reduce((text, [reference, id]) => {
      const parts = text.split(new RegExp(`(?<![\\w./:@-])${escapeRegExp(reference)}(?![\\w./:@-])`))
      return parts.length === 2 ? parts.join(id) : text
    }, word),
  )
  const changed = words.filter((word, index) => word !== command.words[index])
  const isUnderstood = changed.length === 1 && !/--pull\b|\bpodman\s+(image\s+)?pull\b/.test(changed[0] ?? '')
  return isUnderstood ? { command: { ...command, words }, count: 1 } : { command, count: 0 }
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Whether two commands do the same. */
export const sameCommands = (one: UnitCommands, other: UnitCommands): boolean =>
  JSON.stringify([one.start, one.before]) === JSON.stringify([other.start, other.before])
