import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const entryPoints = ['lib', 'tests'].flatMap(dir =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(dir, name)),
)
await build({
  entryPoints,
  outdir: '.',
  outbase: '.',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'warning',
})
