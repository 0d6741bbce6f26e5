// Pure: the kinds of values that variables have, from text; each message goes after the variable's name.
import { isIP } from 'node:net'
import * as v from 'valibot'
import { describe, no, type Result, valid } from '../result.js'
import { unitNameOr } from '../validation.js'
import { OUTCOMES } from './outcomes.js'
import { parseWindows } from './window.js'

/** systemd and SQLite are given these; a newline in one would end up in somebody's command line or log. */
export const path = v.pipe(v.string(), v.regex(/^\/[^\p{Cc}]*$/u, 'must be an absolute path'))

/** What the collector of the node exporter does not read would be written for nobody. */
export const metricsFile = v.pipe(
  path,
  v.regex(/[^/]\.prom$/, 'must end in .prom: the collector reads no other file'),
)

export const url = v.pipe(
  v.string(),
  v.regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, 'must be a URL, such as https://hooks.example.org'),
  v.transform(text => text.replace(/\/+$/, '')),
)

/** Half of what `openssl rand -hex 16` gives: a shorter one can be guessed. */
const SHORTEST_SECRET = 16

/** A value a line, without those that are empty; each that is none is told by its number, and never quoted. */
export const linesOf = <T>(parse: (line: string) => Result<T>) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }): T[] => {
      const values: T[] = []
      let isWrong = false
      for (const [index, line] of dataset.value.split('\n').entries()) {
        const parsed = line.trim() === '' ? undefined : parse(line.trim())
        if (parsed?.ok) values.push(parsed.value)
        if (parsed?.ok !== false) continue
        isWrong = true
        addIssue({ message: `line ${index + 1} ${describe(parsed.problems)}` })
      }
      return isWrong ? NEVER : values
    }),
  )

function parseSecret(line: string): Result<string> {
  if (line.startsWith('#')) return no('is a comment, which would be a secret: take it out')
  if (/^([A-Z]+_)?WEBHOOK_[A-Z0-9_]+=/.test(line)) return no('has a name: write the value alone')
  if (/[\p{Cc}\p{Cf}]/u.test(line)) return no('has a character that cannot be seen')
  if (line.length < SHORTEST_SECRET)
    return no(`has fewer than ${SHORTEST_SECRET} characters: openssl rand -hex 32 makes one`)
  return valid(line)
}

/** Several, so that a secret can be rotated without a gap. */
export const secrets = linesOf(parseSecret)

/** A host as image references have it, with its port. */
export const registry = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(
    /^(?:(?=[^:]*\.|[^:]*:|localhost$)[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/,
    'must be the host of a registry, such as registry.example.org:5000',
  ),
)

/** Separated by commas or spaces. */
const words = v.pipe(
  v.string(),
  v.transform(text => text.split(/[\s,]+/).filter(word => word !== '')),
)

export const unitList = v.pipe(
  words,
  v.array(unitNameOr('must list service units, separated by commas or spaces')),
)

/** An address, a network in CIDR notation, or `unix`, which is whoever may open a socket file. */
function isPeer(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || bits === undefined) return text === 'unix' || version !== 0
  return more.length === 0 && /^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

export const peerList = v.pipe(
  words,
  v.check(
    peers => peers.every(isPeer),
    'must list addresses (192.0.2.1, ::1), networks (10.0.0.0/8) or unix, separated by commas or spaces',
  ),
)

export const outcomeList = v.pipe(
  words,
  v.array(v.picklist(OUTCOMES, `must list outcomes: ${OUTCOMES.join(', ')}`)),
)

/** Several; 0 is none. */
export const seconds = v.pipe(
  v.string(),
  v.regex(/^[0-9]{1,6}([\s,]+[0-9]{1,6})*$/, 'must be seconds, separated by commas or spaces; 0 is none'),
  v.transform(text =>
    text
      .split(/[\s,]+/)
      .map(Number)
      .filter(secs => secs > 0),
  ),
)

export const windows = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseWindows(dataset.value)
    if (parsed.ok) return parsed.value
    addIssue({ message: describe(parsed.problems) })
    return NEVER
  }),
)
