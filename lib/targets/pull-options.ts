// Pure: how a unit's own definition says that its image is pulled, out of its command lines: what its start would fetch is what is
// fetched for it. The names of the options: podman-run(1), podman-pull(1), podman-kube-play(1).
import type { Command, UnitCommands } from '../host/unit-commands.js'
import { canonicalImage } from './image.js'

export interface PullOptions {
  /** Between `podman` and its command: --log-level, --module, … */
  readonly globals: readonly string[]
  readonly options: readonly string[]
  /** Its start never asks a registry. */
  readonly isNever: boolean
  /** A user and a password would be on our command line, for everybody to read. */
  readonly hasCreds: boolean
  /** Another platform than the host's was asked for. */
  readonly hasPlatform: boolean
}

const WITH_VALUE = new Set(
  'arch os variant platform authfile cert-dir creds decryption-key retry retry-delay signature-policy'
    .split(' ')
    .map(name => `--${name}`),
)
const PLAIN = new Set(['--tls-verify', '--disable-content-trust'])
const VERBS = new Set(['pull', 'run', 'create', 'play'])

const NOTHING: PullOptions = { globals: [], options: [], isNever: false, hasCreds: false, hasPlatform: false }

/** Of the command that gets the image first: a pull before the start, else the start itself. */
export function pullOptionsOf({ start, before }: UnitCommands, image: string): PullOptions {
  const names = ({ words }: Command) => words.some(word => isImage(word, image))
  const isPodman = ({ path, words }: Command) =>
    /(^|\/)podman$/.test(path) && words.some(word => VERBS.has(word))
  const all = [...before.filter(command => command.words.includes('pull')), ...start].filter(isPodman)
  const command = all.find(names) ?? all.find(({ words }) => words.includes('play'))
  return command === undefined ? NOTHING : optionsOf(command.words, image)
}

const isImage = (word: string, image: string): boolean =>
  canonicalImage(word.replace(/^docker:\/\//, '')) === canonicalImage(image)

function optionsOf(words: readonly string[], image: string): PullOptions {
  const verb = words.findIndex((word, index) => index > 0 && VERBS.has(word))
  const noun = /^(container|image|kube)$/.test(words[verb - 1] ?? '') ? 1 : 0
  const end = words.findIndex((word, index) => index > verb && isImage(word, image))
  const given = pairsOf(words.slice(verb + 1, end < 0 ? undefined : end))
  const policy = given.findLast(([name]) => name === '--pull' || name === '--policy')?.[1]
  const used = given.filter(([name]) => WITH_VALUE.has(name) || PLAIN.has(name))
  return {
    globals: words.slice(1, verb - noun),
    options: used.map(([name, value]) => (value === undefined ? name : `${name}=${value}`)),
    isNever: policy === 'never',
    hasCreds: used.some(([name]) => name === '--creds'),
    hasPlatform: used.some(([name]) => /^--(arch|os|variant|platform)$/.test(name)),
  }
}

/** Each word with what is its value where it is an option that has one: `--arch=arm64` and `--arch arm64`. */
function pairsOf(words: readonly string[]): (readonly [name: string, value: string | undefined])[] {
  return words.map((word, index) => {
    const [, name = word, value] = /^(--[a-z-]+)=(.*)/s.exec(word) ?? []
    const isApart = value === undefined && (WITH_VALUE.has(name) || name === '--pull' || name === '--policy')
    return [name, isApart ? words[index + 1] : value]
  })
}
