// Makes the program, which is several files because a start reads, and looks through, all of each file that it loads: the
// entry, which is enough for /health; the part that asks for proof, the senders, the parts that work, the command line; and
// each package that most of them do without. They pass only data and functions to each other: each has a copy of what it
// shares with others, classes too.
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'

const ROOT = dirname(import.meta.dirname)
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const SENDERS = readdirSync(join(ROOT, 'lib/senders'))
  .map(name => basename(name, '.ts'))
  .filter(name => name !== 'index' && name !== 'sender')
const PARTS = {
  ...Object.fromEntries(
    ['respond', 'hook', 'api', 'correct', 'batch', 'drain', 'cli'].map(name => [name, `lib/${name}.ts`]),
  ),
  ...Object.fromEntries(SENDERS.map(name => [name, `lib/senders/${name}.ts`])),
}
const PACKAGES = ['execa', 'yargs', 'node-sqlite3-wasm']

const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, kind }) => {
      const name = basename(path, '.js')
      return kind === 'dynamic-import' && name in PARTS
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
  pure: ['RegExp'], // valibot makes some, for what is not used here
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
  ...Object.entries(PARTS).map(([name, path]) =>
    build({ ...ours, entryPoints: from(path), outfile: to(name) }),
  ),
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
