// What a reader is told: README.md and the pages of units/doc/, as they are in the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const PATHS = ['README.md', ...readdirSync(join(ROOT, 'units/doc')).map(name => `units/doc/${name}`)]

/** The text of each by its path in the repository. */
export const MANUAL: ReadonlyMap<string, string> = new Map(
  PATHS.map(path => [path, readFileSync(join(ROOT, path), 'utf8')]),
)

/** All of it, where it does not matter which page has what. */
export const WHOLE_MANUAL = [...MANUAL.values()].join('\n')

/** The text between a heading and the next one of its level, whichever page has it. */
export function section(heading: string): string {
  const [found, ...more] = [...MANUAL.values()].flatMap(text => text.split(`\n## ${heading}\n`).slice(1))
  if (found === undefined || more.length > 0)
    throw new Error(`README.md and units/doc/ should have one section "${heading}"`)
  return found.split('\n## ')[0] ?? ''
}

/** The links of a page, where it was put, that lead to no file, or to no heading of one. */
export const brokenLinks = (page: string): string[] =>
  linksOf(readFileSync(page, 'utf8')).filter(link => {
    const [file = '', anchor] = link.split('#')
    const to = file === '' ? page : join(dirname(page), file)
    return !existsSync(to) || (anchor !== undefined && !anchorsOf(readFileSync(to, 'utf8')).includes(anchor))
  })

/** The anchors that a page's headings have on GitHub. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  )

/** Where the links of a page lead, as they are written. */
export const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
