// Pure: the units that a person means: by name, with or without a suffix, by the name of a quadlet's file, or by a glob.
import { no, type Result, valid } from '../result.js'
import { matchesPattern, parseUnit } from '../unit-name.js'

/** What podman-systemd.unit(5) makes of each kind of file. */
const UNIT_OF_FILE: Readonly<Record<string, string>> = { container: '', kube: '', pod: '-pod' }

/** The unit of one word; undefined for what cannot be a unit. */
export function unitOfWord(word: string): string | undefined {
  const [, name, kind = ''] = /^(.+)\.(container|kube|pod)$/.exec(word) ?? []
  return parseUnit(name === undefined ? word : name + UNIT_OF_FILE[kind])
}

/** Units in their order, each once. A glob matches enabled ones alone, and has to match one. */
export function unitsOfWords(
  words: readonly string[],
  enabled: readonly string[],
): Result<readonly string[]> {
  const found: string[] = []
  for (const word of words) {
    const isGlob = /[*?]/.test(word)
    const unit = isGlob ? undefined : unitOfWord(word)
    const matching = isGlob ? enabled.filter(it => matchesPattern(it, word)) : []
    if (isGlob && matching.length === 0) return no(`no enabled unit is like ${word}; ${enabledAre(enabled)}`)
    if (!isGlob && unit === undefined) return no(`${word} is not the name of a service unit`)
    if (unit !== undefined && !enabled.includes(unit))
      return no(`${unit} is not enabled; ${enabledAre(enabled)}`)
    found.push(...matching, ...(unit === undefined ? [] : [unit]))
  }
  return valid([...new Set(found)])
}

function enabledAre(enabled: readonly string[]): string {
  const short = enabled.map(unit => unit.replace(/\.service$/, '')).join(', ')
  const hint = 'WEBHOOK_MANUAL_UNITS, or pod-upgrade-trigger setup, enables one'
  return short === '' ? `none is: ${hint}` : `enabled are ${short}: ${hint}`
}
