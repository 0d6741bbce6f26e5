// README.md and the pages of units/doc/ say what the program does: their tables have every variable, route, command and exit status
// and no other, and what they name is there. That their commands work is for tests/lab/readme.test.ts.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SENDER_NAMES, secretVariable } from '../lib/config/sender-names.js'
import { VARIABLES } from '../lib/config/variables.js'
import { EXIT } from '../lib/errors.js'
import { findRoute, type Route } from '../lib/request/route.js'
import { toPaste } from '../lib/setup/to-paste.js'
import { MESSAGE_ID } from '../lib/tasks/report.js'
import { brokenLinks, linksOf, MANUAL, section, WHOLE_MANUAL } from './support/manual.js'

const ROOT = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const README = read('README.md')
const MOST_LINES = 250

/** The cells of every row whose first cell begins with `first`, in any table. */
const rows = (first: RegExp): string[][] =>
  WHOLE_MANUAL.split('\n')
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .slice(2, -1)
        .split(' | ')
        .map(cell => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell))

const inCode = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort()

t.test('the variables, with their defaults', async t => {
  const found = rows(/^`(ACTIONS_|[A-Z0-9_<>]*(WEBHOOK_|_REGISTRY))/)
  const own = found.flatMap(([names = '']) => inCode(names))
  /** One of each sender, but of those who have a row of their own. */
  const each = (name: string) =>
    SENDER_NAMES.map(sender => name.replace('<SENDER>', sender.toUpperCase())).filter(
      it => it === name || !own.includes(it),
    )
  const table = found
    .filter(([names = '']) => !names.includes('<TENANT>'))
    .map(([names = '', value = '']) => ({
      names: [...new Set(inCode(names).flatMap(each))],
      value,
    }))
  t.strictSame(table.flatMap(({ names }) => names).sort(), Object.keys(VARIABLES).sort())
  for (const { names, value } of table) {
    const defaults = names.map(name => VARIABLES[name as keyof typeof VARIABLES].default ?? '')
    const told = value.replaceAll('`', '')
    // "2 in 600 s" for a count and its window; words where the default is not a value.
    if (names.length > 1 && defaults[0]) t.strictSame(told.match(/\d+/g), defaults, names.join())
    else if (defaults[0]) t.equal(told, defaults[0], names.join())
    else t.notMatch(told, /\d/, `${names.join()} has no default`)
  }
})

t.test('the routes', async t => {
  const kinds: Record<Route['kind'], true> = {
    health: true,
    page: true,
    hook: true,
    'auto-update': true,
    trigger: true,
    units: true,
    tasks: true,
    task: true,
    events: true,
  }
  const table = rows(/^`(GET|POST)/).flatMap(([cell = '']) => {
    const words = inCode(cell).flatMap(code => code.split(' '))
    const paths = words.filter(word => word.startsWith('/'))
    const methods = words.filter(word => /^[A-Z]+$/.test(word))
    return paths.flatMap(path => methods.map(method => ({ method, path })))
  })
  const found = table.map(({ method, path }) =>
    findRoute(method, path.replace('UNIT', 'web').replace('ID', '1').replace('SENDER', 'quay')),
  )
  t.strictSame(
    unique(found.map(it => ('kind' in it ? it.kind : String(it.status)))),
    Object.keys(kinds).sort(),
  )
  const described = Object.keys(JSON.parse(read('fixtures/openapi.json')).paths)
  const paths = table.map(({ path }) => path)
  for (const path of described)
    t.ok(paths.includes(path.replace('{unit}', 'UNIT').replace('{id}', 'ID')), path)
  t.ok(paths.includes('/hooks/github/UNIT/redeploy'))
})

t.test('the commands', async t => {
  const help = execFileSync(process.execPath, [join(ROOT, 'bin/pod-upgrade-trigger.cjs'), '--help'], {
    encoding: 'utf8',
  })
  const commands = [...help.matchAll(/^ {2}pod-upgrade-trigger ([a-z]+) /gm)].map(([, name = '']) => name)
  const table = rows(/^`(--all|status|units|events|setup|doctor|serve|backup|rollback|hold)[`, ]/).flatMap(
    ([cell = '']) => inCode(cell),
  )
  t.strictSame(table.map(code => code.split(' ')[0]).sort(), ['--all', ...unique(commands)].sort())
  for (const option of unique(help.match(/--[a-z-]+/g) ?? [])) t.ok(WHOLE_MANUAL.includes(option), option)
})

t.test('every sender: its path, and the name of its secret', async t => {
  const told = section('Other senders')
  const others = SENDER_NAMES.filter(name => name !== 'github')
  t.strictSame(unique(told.match(/\/hooks\/[a-z]+/g) ?? []), others.map(name => `/hooks/${name}`).sort())
  for (const name of others) t.ok(told.includes(`\`${secretVariable(name)}\``), name)
})

t.test('the exit statuses', async t => {
  t.strictSame(
    rows(/^\d+$/).map(([status]) => Number(status)),
    Object.values(EXIT),
  )
})

t.test('what it names is there', async t => {
  const makefiles = [
    'Makefile',
    ...readdirSync(join(ROOT, 'units'), { recursive: true }).map(name => `units/${name}`),
  ]
  const targets = makefiles
    .filter(path => /(Makefile|\.mk)$/.test(path))
    .map(read)
    .join('\n')
  const code = WHOLE_MANUAL.match(/`make [^`]+`|^ *(sudo )?make .*$/gm) ?? []
  const named = code.flatMap(line =>
    [...line.matchAll(/\bmake ([a-z][a-z0-9-]*)/g)].map(([, target = '']) => target),
  )
  t.ok(named.length > 5)
  for (const target of unique(named)) t.ok(new RegExp(`^${target}:`, 'm').test(targets), `make ${target}`)

  const paths = WHOLE_MANUAL.match(/(?<![\w/.~-])(lib|tests|fixtures|units|bin)\/[\w@./-]*\w/g) ?? []
  for (const path of unique(paths)) t.ok(existsSync(join(ROOT, path)), path)

  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  const packages = Object.keys({ ...dependencies, ...devDependencies }).filter(
    name => !name.startsWith('@types/'),
  )
  for (const name of packages)
    t.match(WHOLE_MANUAL, new RegExp(`^\\|.*\\b${name.split('/').at(-1)}\\b`, 'm'), name)
  t.strictSame(unique(WHOLE_MANUAL.match(/MESSAGE_ID=\w+/g) ?? []), [`MESSAGE_ID=${MESSAGE_ID}`])
})

t.test('every link leads to a page or a file that is there, and to a heading that it has', async t => {
  for (const path of MANUAL.keys()) t.strictSame(brokenLinks(join(ROOT, path)), [], path)
  const linked = linksOf(README).map(link => link.split('#')[0])
  for (const path of MANUAL.keys())
    t.ok(path === 'README.md' || linked.includes(path), `README.md names ${path}`)
})

t.test('it is read before all else, and so it is short', async t => {
  t.ok(README.split('\n').length <= MOST_LINES + 1, `at most ${MOST_LINES} lines`)
  for (const [path, text] of MANUAL) t.match(text, /^# .+\n\n\S/, `${path} begins with what it is of`)
})

t.test('the lines for Caddy are those that setup prints', async t => {
  const pasted = toPaste({
    publicUrl: 'https://hooks.example.org/PREFIX',
    sender: 'github',
    isInUrl: false,
    secret: '',
    isNew: true,
    envFile: '',
    units: [],
  })
  const [, caddy = ''] = /```caddyfile\n(.*?) *```/s.exec(README) ?? []
  t.match(caddy, /^ {3}hooks\.example\.org \{\n/)
  t.ok(pasted.includes(caddy.replace(/^ {3}/gm, '  ')))
})

t.test('the run that it shows is the recorded one, also in the picture', async t => {
  const text = read('fixtures/pictures/all.txt')
  t.ok(README.includes(`\n\`\`\`\n${text}\`\`\`\n`))
  const drawn = [...read('fixtures/pictures/all.svg').matchAll(/<text [^>]*class="stays[^>]*>([^<]*)</g)]
  const lines = drawn.map(([, line = '']) =>
    line.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
  )
  t.strictSame(lines, text.trimEnd().split('\n'))
})

t.test('the oldest versions that will do are those of package.json', async t => {
  const { node, podman, systemd } = JSON.parse(read('package.json')).engines
  const told = `systemd ${systemd}, podman ${podman} and Node ${node}, or newer ones`.replaceAll('>=', '')
  t.match(README.replaceAll(/\s+/g, ' '), told)
  t.match(README, `a Linux with Node ${node.replace('>=', '')} or newer`)
})
