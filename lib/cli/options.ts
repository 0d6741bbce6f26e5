// Pure: the options of each command, and what its help says of them.
import type { Argv as Yargs } from 'yargs'

const DEFAULT_MAX_AGE_HOURS = '720' // 30 days

export const withJson = (y: Yargs) =>
  y.option('json', { type: 'boolean', default: false, describe: 'for programs' })

export const withBackup = (y: Yargs) =>
  withJson(y).positional('dir', {
    type: 'string',
    demandOption: true,
    describe: 'a new directory, which is made',
  })

export const withSetup = (y: Yargs) =>
  y
    .option('units', { type: 'string', describe: 'which may be upgraded, such as "web db"' })
    .option('host', {
      type: 'string',
      describe: 'the name of the proxy or tunnel, such as hooks.example.org',
    })
    .option('keep-auto-update', {
      type: 'boolean',
      default: false,
      describe: "leave podman's own timer as it is",
    })
    .option('yes', { type: 'boolean', default: false, describe: 'ask nothing: for scripts' })

export const withDoctor = (y: Yargs) =>
  withJson(y).option('offline', {
    type: 'boolean',
    default: false,
    describe: 'do not ask the registries about the images',
  })

export const withUpgradeOptions = (y: Yargs) =>
  withJson(y)
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'show what would be done, change nothing',
    })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'also where unchanged, stopped or known to be bad',
    })
    .option('caller', { type: 'string', describe: 'who asks, for the record' })
    .option('reason', { type: 'string', describe: 'why, for the record' })

export const withByHand = (y: Yargs) =>
  withJson(y)
    .positional('unit', { type: 'string', demandOption: true })
    .option('caller', { type: 'string', describe: 'who asks, for the record' })
    .option('reason', { type: 'string', describe: 'why, for the record and for whoever looks at the unit' })

const withFilters = (y: Yargs) =>
  withJson(y)
    .option('since', { type: 'string', describe: 'such as 2h, 7d or 2026-01-31' })
    .option('unit', { type: 'string' })
    .option('limit', { type: 'string', default: '20' })
    .option('before', { type: 'string', describe: 'older than this id: the next page' })

export const withEventFilters = (y: Yargs) =>
  withFilters(y)
    .option('status', { type: 'string', describe: 'an HTTP status' })
    .option('action', { type: 'string' })
    .option('request-id', { type: 'string' })

export const withTaskFilters = (y: Yargs) =>
  withFilters(y)
    .positional('id', { type: 'number' })
    .option('status', { type: 'string', describe: 'a state or an outcome' })

export const withPrune = (y: Yargs) =>
  withJson(y)
    .option('max-age-hours', { type: 'string', default: DEFAULT_MAX_AGE_HOURS })
    .option('dry-run', { type: 'boolean', default: false, describe: 'only count' })
