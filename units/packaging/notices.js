// node units/packaging/notices.js [ARCH]: the licenses of everything that is in the program, and of the Node for ARCH that
// is beside it. What is compiled into the .wasm no bundler knows; that list is ours to keep.
import { readdirSync, readFileSync } from 'node:fs'
import { bundledPackages, sqliteVersion } from './bundled.js'
import { NODE } from './carried.js'

const MIT = readFileSync('LICENSE', 'utf8').replace(/^[\s\S]*?(?=Permission is)/, '')

function notice({ directory, name, version, license }) {
  const file = readdirSync(directory).find(it => /^licen[sc]e/i.test(it))
  if (file === undefined)
    throw new Error(`${directory} has no license file: find its terms, and add them here`)
  return `${name} ${version} (${license})\n\n${readFileSync(`${directory}/${file}`, 'utf8').trim()}`
}

/** Of the C code in node-sqlite3-wasm.wasm. */
const COMPILED = [
  `SQLite ${sqliteVersion()} (public domain, https://sqlite.org/copyright.html)

The author disclaims copyright to this source code. In place of a legal notice, here is a blessing:

   May you do good and not evil.
   May you find forgiveness for yourself and forgive others.
   May you share freely, never taking more than you give.`,
  `Emscripten, with its runtime (MIT)\n\nCopyright (c) 2010-2014 Emscripten authors, see AUTHORS file.\n\n${MIT.trim()}`,
  `musl libc, as part of Emscripten (MIT)\n\nCopyright © 2005-2020 Rich Felker, et al.\n\n${MIT.trim()}`,
]

const [, , arch] = process.argv
const CARRIED = arch
  ? [`Node.js ${NODE.version} (MIT, and what its parts have), beside the program: see LICENSE.node`]
  : []

const notices = [...new Set(bundledPackages().map(notice)), ...COMPILED, ...CARRIED]
const rule = `\n\n${'-'.repeat(80)}\n\n`
process.stdout.write(`The program contains code of others, under these terms.${rule}${notices.join(rule)}\n`)
