// node units/packaging/man.js DIRECTORY: the manual pages, from README.md, the pages of units/doc/ and the program's own --help.
// Tables become lists of terms, since a table of sentences fits no terminal. units/install.mk lists the files that this makes.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { marked } from 'marked'

/** The pages of units/doc/ that somebody needs who has installed it, and what each is, in a line. */
const TOPICS = {
  senders: 'who may tell pod-upgrade-trigger of a push',
  api: 'the API of pod-upgrade-trigger, the status page and tenants',
  upgrades: 'what an upgrade by pod-upgrade-trigger does',
  internet: 'how requests reach pod-upgrade-trigger from the internet',
}
const CONFIGURATION = 'pod-upgrade-trigger.env'
/** By the page of units/doc/ that each is made from. */
const NAMES = {
  ...Object.fromEntries(Object.keys(TOPICS).map(it => [it, [`pod-upgrade-trigger-${it}`, 7]])),
  reference: [CONFIGURATION, 5],
}
const SEE_ALSO = [
  ['pod-upgrade-trigger', 1],
  ...Object.values(NAMES).sort(([, a], [, b]) => a - b),
  ['podman', 1],
  ['podman-auto-update', 1],
  ['podman-systemd.unit', 5],
  ['systemd.socket', 5],
]
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
  if (token.type === 'link') return `${inline(token.tokens)}${whereTo(token.href)}`
  return token.tokens ? inline(token.tokens) : token.text
}
function whereTo(href) {
  if (/^https?:/.test(href)) return ` <${href}>`
  const [name, number] = NAMES[/(?:^|\/)(\w+)\.md(?:#|$)/.exec(href)?.[1]] ?? []
  return name === undefined ? '' : ` (\u0002${name}\u0003(${number}))`
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
    throw new Error(`units/packaging/man.js cannot put a ${token.type} in roff: ${token.raw}`)
  return render(token)
}

/** The tokens of each chapter by its title, its heading first; what comes before the first is under ''. */
function chapters(path) {
  const found = new Map([['', []]])
  let title = ''
  for (const token of marked.lexer(readFileSync(path, 'utf8'))) {
    if (token.type === 'heading' && token.depth === 2) title = token.text
    found.set(title, [...(found.get(title) ?? []), token])
  }
  const roff = (tokens = missing(path)) => tokens.map(block)
  return {
    about: roff(
      found
        .get('')
        .filter(({ type }) => type === 'paragraph')
        .slice(0, 1),
    ),
    all: [...found].filter(([title]) => title !== '').flatMap(([, tokens]) => roff(tokens)),
    of: title => roff(found.get(title)?.slice(1)),
  }
}

function missing(path) {
  throw new Error(`${path} lacks a chapter that units/packaging/man.js puts in a manual page`)
}

/** One page; `what` is its purpose in a line. */
function write([name, number], group, what, parts) {
  const seeAlso = SEE_ALSO.filter(([other]) => other !== name)
    .map(([other, its]) => `.BR ${toRoff(other)} (${its})`)
    .join(',\n')
  const page = [
    `.TH ${toRoff(name.toUpperCase())} ${number} "${date}" "pod\\-upgrade\\-trigger ${version}" "${group}"`,
    '.nh\n.ad l', // names of files and units are not to be divided
    `.SH NAME\n${toRoff(name)} \\- ${flow(what)}`,
    ...parts,
    `.SH "SEE ALSO"\n${seeAlso}`,
  ]
  const text = page.filter(Boolean).join('\n')
  const directory = `${process.argv[2]}/man${number}`
  mkdirSync(directory, { recursive: true })
  writeFileSync(`${directory}/${name}.${number}`, `${text.replace(/^(\.S[HS] .*)\n\.PP$/gm, '$1')}\n`)
}

const readme = chapters('README.md')
const reference = chapters('units/doc/reference.md')
const help = execFileSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8', env: { COLUMNS: '76' } })

write(['pod-upgrade-trigger', 1], 'User Commands', description, [
  '.SH SYNOPSIS\n.B pod\\-upgrade\\-trigger\n.I COMMAND\n[\\fIOPTION\\fR ...]',
  '.SH DESCRIPTION',
  ...readme.about,
  `.SH COMMANDS\n${verbatim(help.slice(help.indexOf('Commands:')).trim())}`,
  ...reference.of('Commands'),
  '.SH "EXIT STATUS"',
  ...reference.of('Exit statuses'),
  '.SH "FROM DAY TO DAY"',
  ...readme.of('From day to day'),
  '.SH "WHEN AN IMAGE IS BAD"',
  ...readme.of('When an image is bad'),
  '.SH "WHEN SOMETHING DOES NOT WORK"',
  ...readme.of('When something does not work'),
  '.SH FILES',
  ...reference.of('State'),
])
write(NAMES.reference, 'File Formats', 'the configuration of pod-upgrade-trigger', [
  '.SH SYNOPSIS\n/etc/pod\\-upgrade\\-trigger/env\n.br\n~/.config/pod\\-upgrade\\-trigger/env',
  '.SH DESCRIPTION',
  ...reference.of('Configuration'),
])
for (const [topic, what] of Object.entries(TOPICS)) {
  const { about, all } = chapters(`units/doc/${topic}.md`)
  write(NAMES[topic], 'Miscellaneous Information', what, ['.SH DESCRIPTION', ...about, ...all])
}
