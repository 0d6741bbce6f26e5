// What Stryker's runner starts for each test file, `entry.mjs tests/x.test.ts`, in its copy of the tree, where build.mjs has put a
// .js beside each .ts. tap names the directories of a test for what was started: two mutants at a time need two.
import { resolve } from 'node:path'

const [node, , file] = process.argv
process.argv = [node, `${file}-${process.pid}`]
await import(resolve(file.replace(/ts$/, 'js')))
