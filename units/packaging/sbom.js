// node units/packaging/sbom.js SECONDS [ARCH]: a CycloneDX list of the packages in the bundle, of package-lock.json, of SQLite,
// which no package manager sees, and of the Node for ARCH that is carried. A function of its content: no random serial number, no clock. Not `npm sbom`, which
// Debian's npm 9 does not have, and which cannot tell what is bundled.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundledPackages, sqliteVersion } from './bundled.js'
import { NODE } from './carried.js'

const [, , seconds, arch] = process.argv
const { name, version, description, license } = JSON.parse(readFileSync('package.json', 'utf8'))
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const licensed = it => ({ licenses: [/^[\w.+-]+$/.test(it) ? { license: { id: it } } : { expression: it }] })
const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`

const own = {
  'bom-ref': `${name}@${version}`,
  type: 'application',
  name,
  version,
  scope: 'required',
  description,
  purl: purl(name, version),
  ...licensed(license),
}

const bundled = new Map(bundledPackages().map(it => [it.directory, it]))
const components = [...bundled.values()].map(({ directory, name, version, license }) => {
  const locked = packages[directory]
  if (locked?.version !== version) throw new Error(`package-lock.json has another ${directory}: run npm ci`)
  const [, algorithm, base64] = /^(sha512)-(.+)$/.exec(locked.integrity)
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: purl(name, version),
    hashes: [
      { alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(base64, 'base64').toString('hex') },
    ],
    ...licensed(license),
  }
})

/** What `directory` is given for `wanted`, as Node looks for it; undefined where that is not bundled. */
function resolve(directory, wanted) {
  for (let at = directory; ; at = at.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const found = bundled.get(`${at}${at === '' ? '' : '/'}node_modules/${wanted}`)
    if (found !== undefined || at === '') return found && `${found.name}@${found.version}`
  }
}
const dependsOn = directory =>
  Object.keys(packages[directory].dependencies ?? {}).flatMap(it => resolve(directory, it) ?? [])
const dependencies = [
  { ref: own['bom-ref'], dependsOn: dependsOn('') },
  ...[...bundled.values()].map(it => ({
    ref: `${it.name}@${it.version}`,
    dependsOn: dependsOn(it.directory),
  })),
]

const sqlite = sqliteVersion()
components.push({
  'bom-ref': `sqlite@${sqlite}`,
  type: 'library',
  name: 'sqlite',
  version: sqlite,
  scope: 'required',
  cpe: `cpe:2.3:a:sqlite:sqlite:${sqlite}:*:*:*:*:*:*:*`,
  purl: `pkg:generic/sqlite@${sqlite}`,
  licenses: [{ license: { id: 'blessing' } }],
})
const carrier = dependencies.find(({ ref }) => ref.startsWith('node-sqlite3-wasm@'))
if (carrier === undefined)
  throw new Error('node-sqlite3-wasm is gone: take SQLite out of units/packaging/sbom.js')
carrier.dependsOn.push(`sqlite@${sqlite}`)
dependencies.push({ ref: `sqlite@${sqlite}`, dependsOn: [] })
if (arch) {
  const ref = `node@${NODE.version}`
  components.push({
    'bom-ref': ref,
    type: 'platform',
    name: 'node',
    version: NODE.version,
    scope: 'required',
    cpe: `cpe:2.3:a:nodejs:node.js:${NODE.version}:*:*:*:*:*:*:*`,
    purl: `pkg:generic/node@${NODE.version}?arch=${arch}`,
    hashes: [{ alg: 'SHA-256', content: NODE[arch].program }],
    ...licensed('MIT'),
    externalReferences: [
      {
        type: 'distribution',
        url: `https://nodejs.org/dist/v${NODE.version}/node-v${NODE.version}-linux-${arch}.tar.gz`,
        hashes: [{ alg: 'SHA-256', content: NODE[arch].official }],
      },
    ],
  })
  dependencies[0].dependsOn.push(ref)
  dependencies.push({ ref, dependsOn: [] })
}

const bom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: {
    timestamp: new Date(Number(seconds) * 1000).toISOString(),
    lifecycles: [{ phase: 'pre-build' }],
    tools: [{ vendor: name, name: 'units/packaging/sbom.js' }],
    component: own,
  },
  components,
  dependencies,
}
const hash = createHash('sha256').update(JSON.stringify(bom)).digest('hex')
const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
bom.serialNumber = `urn:uuid:${uuid}` // version 8 of RFC 9562: made as its maker likes
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`)
