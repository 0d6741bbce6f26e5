// Makes the program, which is several files because a start reads, and looks through, all of each file that it loads: the
// entry, which is enough for /health; the part that asks for proof, the part that works, the command line; and each package
// that most of them do without. Their names stay the same from version to version, and they pass only data and functions to each
// other: while one version is laid over another, an old entry may load a new part.
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'

const ROOT = dirname(import.meta.dirname)
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const PARTS = ['respond', 'work', 'batch', 'drain', 'cli']
const PACKAGES = ['execa', 'yargs', 'node-sqlite3-wasm']

const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, kind }) => {
      const name = basename(path, '.js')
      return kind === 'dynamic-import' && PARTS.includes(name)
        ? { path: `./${name}.cjs`, external: true }
        : undefined
    })
    onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind !== 'entry-point' && PACKAGES.includes(path)
        ? { path: `./${path}.cjs`, external: true }
        : undefined,
    )
  },
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  logLevel: 'warning',
}
// import() would wake Node's loader of ES modules, which costs as much as the whole start: it becomes require().
const ours = {
  ...common,
  plugins: [apart],
  supported: { 'dynamic-import': false },
  define: { POD_UPGRADE_TRIGGER_VERSION: JSON.stringify(version) },
}
const to = name => join(ROOT, 'bin', `${name}.cjs`)
const from = path => [join(ROOT, path)]

// What is here is what is installed, so that nothing may be left of a build before.
for (const name of readdirSync(join(ROOT, 'bin'))) if (name.endsWith('.cjs')) rmSync(join(ROOT, 'bin', name))
await Promise.all([
  build({
    ...ours,
    entryPoints: from('bin/pod-upgrade-trigger.ts'),
    outfile: to('pod-upgrade-trigger'),
    banner: { js: '#!/usr/bin/env node' },
  }),
  ...PARTS.map(name => build({ ...ours, entryPoints: from(`lib/${name}.ts`), outfile: to(name) })),
  build({ ...common, entryPoints: ['execa'], outfile: to('execa') }),
  build({ ...common, entryPoints: ['node-sqlite3-wasm'], outfile: to('node-sqlite3-wasm') }),
  // yargs asks where it is, and is imported as the one thing that it is.
  build({
    ...common,
    entryPoints: ['yargs'],
    outfile: to('yargs'),
    define: { 'import.meta.url': 'MODULE_URL' },
    banner: { js: "const MODULE_URL=require('node:url').pathToFileURL(__filename).href" },
    footer: { js: 'module.exports=module.exports.default' },
  }),
])
chmodSync(to('pod-upgrade-trigger'), 0o755)
copyFileSync(
  join(ROOT, 'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm'),
  join(ROOT, 'bin/node-sqlite3-wasm.wasm'),
)
