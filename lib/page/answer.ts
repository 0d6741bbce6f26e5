// GET /: the state of the host, read anew for each who asks. It changes nothing: not even an event is recorded.
// Built as a part of its own.
import { hostname } from 'node:os'
import type { Config } from '../config/config.js'
import { isWithin, type Reach } from '../config/tenants.js'
import { httpError } from '../errors.js'
import { outside } from '../host/transient-units.js'
import type { Incoming } from '../http/connection.js'
import { type HttpResponse, problemResponse } from '../http/response.js'
import { readStatus } from '../status/status.js'
import { serializeStatus, type ToldStatus } from '../status/status-json.js'
import { readStore } from '../store/copy.js'
import { listEvents } from '../store/events.js'
import { useRequestTimeout } from '../store/files/lock-timeout.js'
import { refusedTotals } from '../store/files/totals.js'
import type { Store } from '../store/store.js'
import { listTasks } from '../store/tasks.js'
import { isSandboxed } from '../targets/outside.js'
import { VERSION } from '../version.js'
import type { Refused } from './refused.js'
import { pageResponse } from './response.js'
import { SHOWN } from './upgrades.js'

const UNSEEN = httpError(
  404,
  'the state cannot be read from here: run `pod-upgrade-trigger status` on the host',
)
const UPGRADES = 20
/** Of each status, of which some may be the same mistake. */
const REFUSED = 50

/** `reach` is of who asks. Throws CommandFailed, StoreUnavailable. */
export async function answerPage(
  { target, headers }: Pick<Incoming, 'target' | 'headers'>,
  reach: Reach,
  config: Config,
): Promise<HttpResponse> {
  if (config.spool !== undefined) return problemResponse(UNSEEN)
  useRequestTimeout()
  const [{ units, ...status }, recorded] = await Promise.all([
    statusFromAnywhere(config),
    readRecorded(config, reach),
  ])
  const facts = {
    host: hostname(),
    version: VERSION,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    tenant: reach.tenant,
    refreshes: !target.endsWith('?refresh=no'),
    status: { ...status, units: units.filter(({ unit }) => isWithin(reach, unit)) },
    ...recorded,
  }
  return pageResponse(facts, headers['if-none-match'])
}

const readRecorded = async (config: Config, { units }: Reach) =>
  readStore(config.stateDir, store => ({
    upgrades: listTasks(store, { units, statuses: SHOWN, limit: UPGRADES }),
    refused: units === undefined ? listRefused(store) : undefined,
  }))

/** The sandbox of a request sees neither containers nor their monitors. */
const statusFromAnywhere = async (config: Config): Promise<ToldStatus> =>
  isSandboxed(config)
    ? JSON.parse(await outside(config, ['status', '--json']))
    : serializeStatus(await readStatus(config))

/** Of each status by itself, for which there is an index: it costs the same however much came in. */
const listRefused = (store: Store): readonly Refused[] =>
  [...refusedTotals(store.events).keys()].flatMap(status =>
    listEvents(store, { status, method: 'POST', limit: REFUSED }),
  )
