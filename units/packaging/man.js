// node units/packaging/man.js: the manual page, from the README's text and the program's own --help. Tables become lists of
// terms, since a table of sentences fits no terminal.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { marked } from 'marked'

/** Chapters for those who have not installed it yet, and for those who work on it. */
const ELSEWHERE = ['Run it on my host', 'What others are better at', 'Working on it', 'License']
const PROGRAM = 'bin/pod-upgrade-trigger.cjs'

const { version, description } = JSON.parse(readFileSync('package.json', 'utf8'))
const date = new RegExp(`^## ${version} \\((.*)\\)$`, 'm').exec(readFileSync('CHANGELOG.md', 'utf8'))?.[1]
if (date === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}: add "## ${version} (date)"`)

const codePoint = character => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`
const toRoff = text =>
  text
    .replace(/[\\-]/g, it => (it === '-' ? '\\-' : '\\e'))
    .replace(/\P{ASCII}/gu, codePoint)
    .replace(/^([.'])/gm, '\\&$1')

/** Without the line breaks of the source, which roff would keep where a line begins with a space. */
const flow = text => toRoff(text.replace(/\s+/g, ' ').trim())
const verbatim = text => `.IP\n.nf\n${toRoff(text)}\n.fi`

const inline = tokens => tokens.map(inlineOne).join('')
function inlineOne(token) {
  if (token.type === 'codespan') return `\u0002${token.text}\u0003`
  if (token.type === 'strong' || token.type === 'em') return `\u0002${inline(token.tokens)}\u0003`
  if (token.type === 'link')
    return `${inline(token.tokens)}${/^https?:/.test(token.href) ? ` <${token.href}>` : ''}`
  return token.tokens ? inline(token.tokens) : token.text
}
const prose = tokens => flow(inline(tokens)).replaceAll('\u0002', '\\fB').replaceAll('\u0003', '\\fR')

const BLOCKS = {
  space: () => '',
  heading: ({ depth, tokens, text }) =>
    depth === 2 ? `.SH "${flow(text.toUpperCase())}"` : `.SS "${prose(tokens)}"`,
  paragraph: ({ tokens }) => `.PP\n${prose(tokens)}`,
  text: ({ tokens, text }) => (tokens ? prose(tokens) : flow(text)),
  code: ({ text }) => verbatim(text),
  list: ({ items }) =>
    items.map(({ tokens }) => `.IP \\(bu 3\n${tokens.map(block).filter(Boolean).join('\n')}`).join('\n'),
  table: ({ header, rows }) => rows.map(row => tableRow(header, row)).join('\n'),
}

/** The columns have names, unless what they say is plain: with two, or where there is none. */
function tableRow(header, [term, ...cells]) {
  const named = (text, { text: name }) =>
    header.length === 2 || name === '' ? text : `${toRoff(name)}: ${text}`
  const told = cells.flatMap(({ tokens }, n) =>
    tokens.length > 0 ? named(prose(tokens), header[n + 1]) : [],
  )
  return `.TP\n${prose(term.tokens)}\n${told.join('; ')}`
}

function block(token) {
  const render = BLOCKS[token.type]
  if (render === undefined)
    throw new Error(`README.md has a ${token.type}, which units/packaging/man.js cannot put in roff`)
  return render(token)
}

/** The tokens of each chapter by its title; what comes before the first is under ''. */
function chapters(text) {
  const found = new Map([['', []]])
  let title = ''
  for (const token of marked.lexer(text)) {
    if (token.type === 'heading' && token.depth === 2) title = token.text
    found.set(title, [...(found.get(title) ?? []), token])
  }
  return found
}

const all = chapters(readFileSync('README.md', 'utf8'))
const missing = ELSEWHERE.filter(title => !all.has(title))
if (missing.length > 0)
  throw new Error(`README.md has no "${missing.join('", "')}": fix ELSEWHERE in units/packaging/man.js`)
const about = all.get('').find(({ type }) => type === 'paragraph')
const reference = [...all].filter(([title]) => title !== '' && !ELSEWHERE.includes(title))
const help = execFileSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8', env: { COLUMNS: '76' } })

const page = [
  `.TH POD\\-UPGRADE\\-TRIGGER 1 "${date}" "pod\\-upgrade\\-trigger ${version}" "User Commands"`,
  '.nh\n.ad l', // names of files and units are not to be divided
  `.SH NAME\npod\\-upgrade\\-trigger \\- ${flow(description)}`,
  '.SH SYNOPSIS\n.B pod\\-upgrade\\-trigger\n.I COMMAND\n[\\fIOPTION\\fR ...]',
  `.SH DESCRIPTION\n${prose(about.tokens)}`,
  `.SH COMMANDS\n${verbatim(help.slice(help.indexOf('Commands:')).trim())}`,
  ...reference.flatMap(([, tokens]) => tokens.map(block)),
  '.SH "SEE ALSO"\n.BR podman (1),\n.BR podman\\-auto\\-update (1),\n.BR podman\\-systemd.unit (5),\n.BR systemd.socket (5)',
]
const text = page.filter(Boolean).join('\n')
process.stdout.write(`${text.replace(/^(\.S[HS] .*)\n\.PP$/gm, '$1')}\n`)
