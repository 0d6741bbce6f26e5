// env.template documents every variable with its default, and nothing else: what a person reads there is what runs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { SENDER_NAMES } from '../../lib/config/sender-names.js'
import { isTenantVariable } from '../../lib/config/tenants.js'
import { SECRETS, VARIABLES } from '../../lib/config/variables.js'

const TEMPLATE = readFileSync(join(import.meta.dirname, '../../env.template'), 'utf8')
const around = { uid: 0, home: '/root', envFile: undefined }
const all = [...TEMPLATE.matchAll(/^#([A-Z0-9_<>]+)=(.*)$/gm)].map(
  ([, name = '', value = '']) => [name, value] as const,
)
const isOfTenants = ([name]: readonly [string, string]) => name.includes('<TENANT>')
const lines = all.filter(line => !isOfTenants(line))
/** A line about <SENDER> stands for one of each sender, but of those who have a line of their own. */
const namesOf = (name: string): string[] =>
  name.includes('<SENDER>')
    ? SENDER_NAMES.map(sender => name.replace('<SENDER>', sender.toUpperCase())).filter(
        each => !lines.some(([own]) => own === each),
      )
    : [name]
const documented = lines.flatMap(([name, value]) => namesOf(name).map(each => [each, value] as const))

t.test('who <SENDER> may be', async t => {
  const [, told = ''] = /Write one of ([A-Z, \n#]+) and ([A-Z]+)/.exec(TEMPLATE) ?? []
  const [, last = ''] = /Write one of [A-Z, \n#]+ and ([A-Z]+)/.exec(TEMPLATE) ?? []
  const others = SENDER_NAMES.map(name => name.toUpperCase()).filter(name => name !== 'GITHUB')
  t.strictSame([...told.split(/[, \n#]+/), last], others)
})

t.test('what tenants have, without a default', async t => {
  const told = all
    .filter(isOfTenants)
    .map(([name, value]) => [name.replace('<TENANT>', 'SHOP'), value] as const)
  const found = told.flatMap(([name, value]) => namesOf(name).map(each => [each, value]))
  t.strictSame(
    found.filter(([name = '', value]) => !isTenantVariable(name) || value !== ''),
    [],
  )
  t.equal(found.length, SENDER_NAMES.length + 2)
})

t.test('the same variables, each once, both ways', async t => {
  t.strictSame(documented.map(([name]) => name).sort(), Object.keys(VARIABLES).sort())
})

t.test('the same defaults', async t => {
  const defaults = Object.entries(VARIABLES).map(([name, schema]) => [name, schema.default ?? ''])
  t.strictSame(Object.fromEntries(documented), Object.fromEntries(defaults))
})

t.test('each is told about, in the comment above it', async t => {
  const text = TEMPLATE.split('\n')
  for (const [name] of lines) {
    const block = text.slice(0, text.indexOf(text.find(line => line.startsWith(`#${name}=`)) ?? '')).reverse()
    const above = block.find(line => !/^#[A-Z0-9_<>]+=/.test(line))
    t.match(above, /^# \S/, name)
  }
})

t.test('as it is, it configures nothing', async t => {
  t.strictSame(parseEnv(TEMPLATE), {})
})

t.test('with every line in force, it is what the program does without it', async t => {
  const each = TEMPLATE.replace(/^#([A-Z0-9_<>]+)=(.*)$/gm, (_, name, value) =>
    namesOf(name)
      .map(own => `${own}=${value}`)
      .join('\n'),
  )
  const inForce = parseEnv(each) as Record<string, string>
  t.equal(Object.keys(inForce).filter(name => !name.includes('<TENANT>')).length, documented.length)
  t.strictSame(parseConfig(inForce, around), parseConfig({}, around))
})

t.test('secrets have no default', async t => {
  for (const name of SECRETS) t.equal(Object.fromEntries(documented)[name], '', name)
})
