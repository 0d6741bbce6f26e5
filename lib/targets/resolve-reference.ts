// Pure: an Image= that is not yet a reference, found again in the command line that systemd has made of it. Specifiers are expanded
// there; variables are not, they are the unit's environment's (systemd.service(5), COMMAND LINES).
import type { UnitDefinition } from '../host/unit-commands.js'
import { isReference } from './image.js'

/** The reference, and the word of the command line where that is another; undefined where it cannot be told. */
export function resolveReference(
  text: string,
  { start, environment }: Pick<UnitDefinition, 'start' | 'environment'>,
): { readonly image: string; readonly word?: string } | undefined {
  const pattern = text
    .split(/(%.)/)
    .map(part => (part === '%%' ? '%' : part.startsWith('%') ? '.*' : escapeRegExp(part)))
    .join('')
  const words = new Set(
    start.flatMap(({ words }) => words.filter(word => new RegExp(`^${pattern}$`, 's').test(word))),
  )
  const [word, ...more] = words
  if (word === undefined || more.length > 0) return undefined
  const image = expand(word, environment)?.replace(/^docker:\/\//, '')
  if (image === undefined || !isReference(image)) return undefined
  return word === image ? { image } : { image, word }
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Undefined where a variable is not known. */
function expand(word: string, environment: Readonly<Record<string, string>>): string | undefined {
  const names = [...word.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
  if (names.some(name => environment[name] === undefined)) return undefined
  return word.replace(/\$\{(\w+)\}|\$\$/g, (_, name?: string) =>
    name === undefined ? '$' : (environment[name] ?? ''),
  )
}
