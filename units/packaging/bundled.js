// What is in the program, however it is cut into files: the bundler knows which packages, and SQLite knows which it is.
import { readFileSync } from 'node:fs'
import { buildSync } from 'esbuild'
import sqlite from 'node-sqlite3-wasm'

/** The packages, in the order of their directories: `{ directory, name, version, license }`. */
export function bundledPackages() {
  const { metafile } = buildSync({
    ...{ entryPoints: ['bin/pod-upgrade-trigger.ts'], bundle: true, platform: 'node', format: 'cjs' },
    ...{ write: false, metafile: true, outfile: '/bundle.cjs', logLevel: 'error' },
  })
  const [{ inputs }] = Object.values(metafile.outputs)
  const directories = Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  return [...new Set(directories)].sort().map(directory => {
    const { name, version, license } = JSON.parse(readFileSync(`${directory}/package.json`, 'utf8'))
    return { directory, name, version, license }
  })
}

/** Such as 3.53.4: of the SQLite inside the .wasm, which no package manager sees. */
export function sqliteVersion() {
  const database = new sqlite.Database()
  try {
    return database.get('SELECT sqlite_version() AS version').version
  } finally {
    database.close()
  }
}
