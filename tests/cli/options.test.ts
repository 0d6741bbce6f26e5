// What a command means where nothing is said, and that its help says something of each option.
import t from 'tap'
import yargs, { type Argv } from 'yargs'
import * as options from '../../lib/cli/options.js'

const BY_HAND = { json: false }
const LISTS = { json: false, limit: '20' }
const ROWS: Readonly<Record<keyof typeof options, object>> = {
  withJson: { json: false },
  withStatus: { json: false, wide: false },
  withBackup: { json: false },
  withSetup: { yes: false, 'keep-auto-update': false, keepAutoUpdate: false },
  withDoctor: { json: false, offline: false },
  withUpgradeOptions: { json: false, 'dry-run': false, dryRun: false, force: false },
  withByHand: BY_HAND,
  withEventFilters: LISTS,
  withTaskFilters: LISTS,
  withPrune: {
    json: false,
    'max-age-hours': '720',
    maxAgeHours: '720',
    'dry-run': false,
    dryRun: false,
  },
}

for (const name of Object.keys(ROWS) as (keyof typeof options)[]) {
  t.test(name, async t => {
    const add = options[name] as (y: Argv) => Argv
    const y = add(yargs().help(false).version(false).exitProcess(false))
    const { _, $0, ...defaults } = (await y.demandCommand(0).parse([])) as Record<string, unknown>
    t.strictSame(defaults, ROWS[name])
    const lines = (await y.getHelp()).split('\n').filter(line => /^ +--/.test(line))
    t.ok(lines.length > 0)
    for (const line of lines) t.match(line, /^ +--[a-z-]+ {2,}\S/, 'it is described')
  })
}
