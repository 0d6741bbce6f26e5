// env.template documents every variable with its default, and nothing else: what a person reads there is what runs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { SECRETS, VARIABLES } from '../../lib/config/variables.js'

const TEMPLATE = readFileSync(join(import.meta.dirname, '../../env.template'), 'utf8')
const around = { uid: 0, home: '/root', envFile: undefined }
const documented = [...TEMPLATE.matchAll(/^#([A-Z0-9_]+)=(.*)$/gm)].map(
  ([, name = '', value = '']) => [name, value] as const,
)

t.test('the same variables, each once, both ways', async t => {
  t.strictSame(documented.map(([name]) => name).sort(), Object.keys(VARIABLES).sort())
})

t.test('the same defaults', async t => {
  const defaults = Object.entries(VARIABLES).map(([name, schema]) => [name, schema.default ?? ''])
  t.strictSame(Object.fromEntries(documented), Object.fromEntries(defaults))
})

t.test('each is told about, in the comment above it', async t => {
  const lines = TEMPLATE.split('\n')
  for (const [name] of documented) {
    const block = lines
      .slice(0, lines.indexOf(lines.find(line => line.startsWith(`#${name}=`)) ?? ''))
      .reverse()
    const above = block.find(line => !/^#[A-Z0-9_]+=/.test(line))
    t.match(above, /^# \S/, name)
  }
})

t.test('as it is, it configures nothing', async t => {
  t.strictSame(parseEnv(TEMPLATE), {})
})

t.test('with every line in force, it is what the program does without it', async t => {
  const inForce = parseEnv(TEMPLATE.replace(/^#(?=[A-Z0-9_]+=)/gm, '')) as Record<string, string>
  t.equal(Object.keys(inForce).length, documented.length)
  t.strictSame(parseConfig(inForce, around), parseConfig({}, around))
})

t.test('secrets have no default', async t => {
  for (const name of SECRETS) t.match(TEMPLATE, new RegExp(`^#${name}=$`, 'm'), name)
})
