// Pure: text from outside, made harmless for a terminal and a journal.

/** Control characters, line and paragraph separators, bidirectional overrides, and what has no width and joins nothing. */
const HARMFUL = /[\p{Cc}\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

export const isHarmless = (text: string): boolean => text.search(HARMFUL) < 0

/** What is not harmless as \u escapes. */
export function escapeControl(text: string): string {
  return text.replace(HARMFUL, toUnicodeEscape)
}

/** The same of each line; their ends stay. */
export const escapeLines = (text: string): string => text.split('\n').map(escapeControl).join('\n')

/** Of one UTF-16 unit, as JSON and JavaScript write it. */
export const toUnicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** What looks like a password in a log line: in a URL, or behind a name that says so. A guess, for what others print. */
export function maskCredentials(text: string): string {
  return text
    .replace(/(:\/\/[^\s:@/]*:)[^\s@/]+@/g, '$1***@')
    .replace(
      /((?:passw(?:or)?d|secret|token|api[_-]?key|authorization)\w*["']?\s*[=:]\s*["']?(?:bearer |basic )?)[^\s"',;&]+/gi,
      '$1***',
    )
}
