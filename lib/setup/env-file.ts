// Pure: the env file, edited as a person would: what is there stays, in its order, with its comments.

/** As util.parseEnv reads it back. No value of ours has a quote in it. */
const quote = (value: string): string => (/^[A-Za-z0-9_./:@,-]+$/.test(value) ? value : `"${value}"`)

/**
 * The text with the variable set: in place of its line, or of the comment that shows it, or at the end. A value over several lines is
 * left where it is, and the new one follows: the last one counts.
 */
export function setVariable(text: string, name: string, value: string): string {
  const line = `${name}=${quote(value)}`
  const assignments = [...text.matchAll(new RegExp(`^[ \\t]*(?:export )?${name}=(.*)$`, 'gm'))]
  const last = assignments.at(-1)
  if (last !== undefined && isWhole(last[1] ?? '')) return replaceAt(text, last, line)
  const shown = last === undefined ? new RegExp(`^#${name}=.*$`, 'm').exec(text) : null
  if (shown !== null) return replaceAt(text, shown, line)
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
}

/** Whether the value ends on its line. */
function isWhole(value: string): boolean {
  const [mark = ''] = /^["'`]/.exec(value.trim()) ?? []
  return mark === '' || value.trim().indexOf(mark, 1) > 0
}

function replaceAt(text: string, { index, 0: found }: RegExpExecArray, line: string): string {
  return text.slice(0, index) + line + text.slice(index + found.length)
}
