// Pure: unit names as people write them. Only services can be restarted, so the suffix may be left out.

const UNIT = /^[A-Za-z0-9_][A-Za-z0-9:_.\\@-]*$/
const MAX_LENGTH = 255 // systemd.unit(5)

/** `web` and `web.service` as `web.service`; undefined for what cannot be the name of a service. */
export function parseUnit(text: string): string | undefined {
  const name = text.endsWith('.service') ? text : `${text}.service`
  // A leading dash would be read as an option, and a template without an instance cannot run.
  if (!UNIT.test(name) || name.length > MAX_LENGTH || name.includes('@.')) return undefined
  return name
}

/** Whether a unit, with or without its suffix, matches a glob of `*` and `?`. */
export function matchesPattern(unit: string, glob: string): boolean {
  const source = glob
    .replace(/[.\\+^$()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}(?:\\.service)?$`).test(unit)
}

/** The unit of a segment of the path, in which clients may write app@one as app%40one (RFC 3986, 2.1). */
export function unitOfSegment(segment: string): string | undefined {
  try {
    return parseUnit(decodeURIComponent(segment))
  } catch {
    return undefined // a % that begins no escape
  }
}
