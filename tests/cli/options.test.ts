// What a command means where nothing is said, and that its help says something of each option.
import t from 'tap'
import yargs, { type Argv } from 'yargs'
import {
  withBackup,
  withByHand,
  withDoctor,
  withEventFilters,
  withJson,
  withPrune,
  withSetup,
  withStatus,
  withTaskFilters,
  withUpgradeOptions,
} from '../../lib/cli/options.js'

const LISTS = { json: false, limit: '20' }
const ROWS: readonly (readonly [what: string, add: (y: Argv) => Argv, defaults: object])[] = [
  ['json', withJson, { json: false }],
  ['status', withStatus, { json: false, wide: false }],
  ['backup', withBackup, { json: false }],
  ['setup', withSetup, { yes: false, 'keep-auto-update': false, keepAutoUpdate: false }],
  ['doctor', withDoctor, { json: false, offline: false }],
  ['trigger', withUpgradeOptions, { json: false, 'dry-run': false, dryRun: false, force: false }],
  ['by hand', withByHand, { json: false }],
  ['events', withEventFilters, LISTS],
  ['tasks', withTaskFilters, LISTS],
  [
    'prune',
    withPrune,
    { json: false, 'max-age-hours': '720', maxAgeHours: '720', 'dry-run': false, dryRun: false },
  ],
]

for (const [what, add, expected] of ROWS) {
  t.test(what, async t => {
    const y = add(yargs().help(false).version(false).exitProcess(false))
    const { _, $0, ...defaults } = (await y.demandCommand(0).parse([])) as Record<string, unknown>
    t.strictSame(defaults, expected)
    const lines = (await y.getHelp()).split('\n').filter(line => /^ +--/.test(line))
    t.ok(lines.length > 0)
    for (const line of lines) t.match(line, /^ +--[a-z-]+ {2,}\S/, 'it is described')
  })
}
