// node units/packaging/sbom.js SECONDS <BOM: what `npm sbom` says of the packages in the bundle, made a function of its content: no
// random serial number, no clock, no version of npm, no name of a directory. And with SQLite, which npm does not see.
// Not npm's own --omit=dev, which also leaves out what is needed both here and for development, such as yargs.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundledPackages, sqliteVersion } from './bundled.js'

const [, , seconds] = process.argv
const bom = JSON.parse(readFileSync(0, 'utf8'))
const { name } = JSON.parse(readFileSync('package.json', 'utf8'))
const version = sqliteVersion()
const sqlite = `sqlite@${version}`

bom.metadata.timestamp = new Date(Number(seconds) * 1000).toISOString()
bom.metadata.tools = [{ vendor: 'npm', name: 'cli' }]
Object.assign(bom.metadata.component, { name, type: 'application' })

const bundled = new Set(bundledPackages().map(it => `${it.name}@${it.version}`))
bom.components = bom.components
  .filter(it => bundled.delete(it['bom-ref']))
  .map(it => ({ ...it, scope: 'required', properties: [] })) // npm calls some of them for development
if (bundled.size > 0) throw new Error(`npm sbom does not know ${[...bundled].join(', ')}: run npm ci`)
const known = new Set([bom.metadata.component, ...bom.components].map(it => it['bom-ref']))
bom.dependencies = bom.dependencies
  .filter(({ ref }) => known.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(it => known.has(it)) }))

bom.components.push({
  'bom-ref': sqlite,
  type: 'library',
  name: 'sqlite',
  version,
  scope: 'required',
  cpe: `cpe:2.3:a:sqlite:sqlite:${version}:*:*:*:*:*:*:*`,
  purl: `pkg:generic/${sqlite}`,
  licenses: [{ license: { id: 'blessing' } }],
})
const carrier = bom.dependencies.find(({ ref }) => ref.startsWith('node-sqlite3-wasm@'))
if (carrier === undefined)
  throw new Error('node-sqlite3-wasm is gone: take SQLite out of units/packaging/sbom.js')
carrier.dependsOn.push(sqlite)
bom.dependencies.push({ ref: sqlite, dependsOn: [] })

delete bom.serialNumber
const hash = createHash('sha256').update(JSON.stringify(bom)).digest('hex')
const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
bom.serialNumber = `urn:uuid:${uuid}` // version 8 of RFC 9562: made as its maker likes
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`)
