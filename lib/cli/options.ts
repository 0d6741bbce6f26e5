// Pure: the options of each command, and what its help says of them.
import type { Argv as Yargs } from 'yargs'

const DEFAULT_MAX_AGE_HOURS = '720' // 30 days

export const withJson = (y: Yargs) =>
  y.option('json', { type: 'boolean', default: false, describe: 'for programs' })

export const withStatus = (y: Yargs) =>
  withJson(y).option('wide', {
    type: 'boolean',
    default: false,
    describe: 'cut nothing, whatever the terminal has room for',
  })

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
    .option('sender', { type: 'string', describe: 'who tells of a push, such as github or forgejo' })
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
    .positional('unit', { type: 'string', demandOption: true, describe: 'such as web, or web.container' })
    .option('caller', { type: 'string', describe: 'who asks, for the record' })
    .option('reason', { type: 'string', describe: 'why, for the record and for whoever looks at the unit' })

const withFilters = (y: Yargs) =>
  withJson(y)
    .option('since', { type: 'string', describe: 'such as 2h, 7d or 2026-01-31' })
    .option('unit', { type: 'string', describe: 'of this unit' })
    .option('limit', { type: 'string', default: '20', describe: 'as many, at most 1000' })
    .option('before', { type: 'string', describe: 'older than this id: the next page' })

export const withEventFilters = (y: Yargs) =>
  withFilters(y)
    .option('status', { type: 'string', describe: 'an HTTP status, such as 401' })
    .option('action', { type: 'string', describe: 'such as hook-github, trigger, run or refused' })
    .option('request-id', { type: 'string', describe: 'as in the answer and the journal' })

export const withTaskFilters = (y: Yargs) =>
  withFilters(y)
    .positional('id', { type: 'string', describe: 'one task, with all that is known of it' })
    .option('status', {
      type: 'string',
      describe: 'queued, running, done, updated, unchanged, staged, rolled-back, failed or skipped',
    })

export const withPrune = (y: Yargs) =>
  withJson(y)
    .option('max-age-hours', {
      type: 'string',
      default: DEFAULT_MAX_AGE_HOURS,
      describe: 'what is older goes',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'only count' })
