// Makes the program, which is several files because a start reads, and parses, all of each file that it loads: the entry,
// which is enough for /health; each file of lib/ whose head says that it is a part of its own; and each package that most of
// them do without. Parts pass only data and functions to each other: each has a copy of what it shares with others, classes
// and the state of modules too.
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'

const ROOT = dirname(import.meta.dirname)
const { version, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const oldest = Object.fromEntries(
  Object.entries(engines).map(([name, range]) => [name, range.replace('>=', '')]),
)
const PART = '// Built as a part of its own.' // in the head of a file, which is then loaded when it is asked for
const parts = new Map(
  readdirSync(join(ROOT, 'lib'), { recursive: true })
    .map(name => join(ROOT, 'lib', name))
    .filter(path => path.endsWith('.ts') && readFileSync(path, 'utf8').split('\nimport ')[0].includes(PART))
    .map(path => [path, relative(join(ROOT, 'lib'), path).replace('.ts', '').replaceAll('/', '-')]),
)
const PACKAGES = ['execa', 'yargs', 'node-sqlite3-wasm']

const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, kind, resolveDir }) => {
      const name = parts.get(join(resolveDir, path).replace(/\.js$/, '.ts'))
      return kind === 'dynamic-import' && name !== undefined
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
  define: {
    POD_UPGRADE_TRIGGER_VERSION: JSON.stringify(version),
    POD_UPGRADE_TRIGGER_OLDEST: JSON.stringify(oldest),
  },
}
const to = name => join(ROOT, 'bin', `${name}.cjs`)

// What is here is what is installed, so that nothing may be left of a build before.
for (const name of readdirSync(join(ROOT, 'bin'))) if (name.endsWith('.cjs')) rmSync(join(ROOT, 'bin', name))
await Promise.all([
  build({
    ...ours,
    entryPoints: [join(ROOT, 'bin/pod-upgrade-trigger.ts')],
    outfile: to('pod-upgrade-trigger'),
  }),
  ...[...parts].map(([path, name]) => build({ ...ours, entryPoints: [path], outfile: to(name) })),
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
copyFileSync(
  join(ROOT, 'node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm'),
  join(ROOT, 'bin/node-sqlite3-wasm.wasm'),
)
