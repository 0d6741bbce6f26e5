// Pure: one entry of a spool: all that a request may ask of the process that carries it out, and whether one can have asked for it.
// It is a form (application/x-www-form-urlencoded), in which nothing nests: who has root's rights never parses the JSON of others.
import * as v from 'valibot'
import { reachOfActions } from '../config/actions-rules.js'
import type { Config } from '../config/config.js'
import { isSenderName, SENDER_NAMES, secretVariable } from '../config/sender-names.js'
import { EVERYTHING, isWithin, reachOf } from '../config/tenants.js'
import { isHarmless } from '../escape.js'
import { parseUnit, unitOfSegment } from '../unit-name.js'

/** As it leaves the door of the API. */
const text = (max: number) => v.pipe(v.string(), v.maxLength(max), v.check(isHarmless))
/** As it is in a request that was accepted; it is shown on terminals. */
const word = (max: number) => v.pipe(text(max), v.regex(/^[\x21-\x7e]*$/))
const unit = v.pipe(
  v.string(),
  v.check(name => parseUnit(name) === name),
)
const flag = v.optional(v.literal('1'))
const Fields = v.strictObject({
  requestId: v.pipe(v.string(), v.uuid()),
  method: v.picklist(['GET', 'POST']),
  path: word(200),
  action: v.picklist(['trigger', 'auto-update', ...SENDER_NAMES.map(name => `hook-${name}`)]),
  remoteAddr: v.optional(word(100)),
  tenant: v.optional(word(100)),
  delivery: v.optional(word(100)),
  bodySha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  unit: v.pipe(v.array(unit), v.maxLength(1000)),
  all: flag,
  force: flag,
  caller: v.optional(text(100)),
  reason: v.optional(text(500)),
})

type Told = Pick<
  v.InferOutput<typeof Fields>,
  'requestId' | 'path' | 'remoteAddr' | 'tenant' | 'delivery' | 'bodySha256'
>

/** What is asked for, and the request that asks. */
export interface SpoolEntry {
  readonly event: Told & { readonly method: string; readonly action: string }
  readonly units: readonly string[]
  readonly all: boolean
  readonly force: boolean
  readonly caller?: string | undefined
  readonly reason?: string | undefined
}

/** As a file. */
export function formatEntry({ event, units, all, force, caller, reason }: SpoolEntry): string {
  const { requestId, method, path, action, remoteAddr, tenant, delivery, bodySha256 } = event
  const fields = {
    ...{ requestId, method, path, action, remoteAddr, tenant, delivery, bodySha256, caller, reason },
    ...{ all: all ? '1' : undefined, force: force ? '1' : undefined },
  }
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return String(new URLSearchParams([...given, ...units.map((unit): [string, string] => ['unit', unit])]))
}

/** Undefined for what formatEntry has not written. */
export function parseEntry(text: string): SpoolEntry | undefined {
  const form = new URLSearchParams(text)
  const names = [...form.keys()].filter(name => name !== 'unit')
  const fields = Object.fromEntries(form) // of a name that is there twice, the last
  const parsed = v.safeParse(Fields, { ...fields, unit: form.getAll('unit') })
  if (!parsed.success || new Set(names).size < names.length) return undefined
  const { unit: units, all, force, caller, reason, ...event } = parsed.output
  return { event, units, all: all === '1', force: force === '1', caller, reason }
}

/** Which ways in are open. */
type Doors = Pick<Config, 'senders' | 'tenants' | 'actionsRules' | 'tokens' | 'manualTokens' | 'redeploy'>

const HOOK = /^\/hooks\/([a-z]+)(?:\/([^/]+))?(\/redeploy)?$/
const API = /^\/api\/v1\/(?:trigger|units\/([^/]+)\/trigger)$/

/**
 * Why no request could have left this; undefined where one could. A process that was taken over can ask for what a sender with a
 * secret can ask for, and for no more: the way in has to be open, and what the entry says of itself has to fit together.
 */
export function whyImpossible(entry: SpoolEntry, doors: Doors): string | undefined {
  const { event, units, all, force } = entry
  const { tenant } = event
  const none = (secrets: readonly string[]) =>
    !secrets.some(secret => reachOf(doors.tenants, secret).tenant === tenant)
  const notSet = (variable: string) => `no ${variable}${tenant === undefined ? '' : `_${tenant}`} is set`
  const jobs = reachOfActions(doors.actionsRules, tenant)
  const reach = jobs ?? doors.tenants.find(it => it.tenant === tenant) ?? EVERYTHING
  if (tenant !== undefined && (all || !units.every(unit => isWithin(reach, unit)))) return CONTRADICTION
  const signed = [event.delivery, event.bodySha256].filter(it => it !== undefined).length // both, or neither
  const namesOnly = (named: string | undefined) =>
    named === undefined || (!all && units.length === 1 && units[0] === unitOfSegment(named))
  if (event.action === 'auto-update') {
    if (doors.tokens.length === 0) return notSet('WEBHOOK_TOKEN')
    const isPlain = tenant === undefined && units.length === 0 && !all && !force && signed === 0
    return isPlain && event.path === '/auto-update' ? undefined : CONTRADICTION
  }
  if (event.action === 'trigger') {
    if (jobs === undefined && none(doors.manualTokens))
      return notSet(tenant === undefined ? 'WEBHOOK_MANUAL_TOKEN' : 'WEBHOOK_TOKEN')
    const found = API.exec(event.path)
    return found !== null && signed === 0 && namesOnly(found[1]) ? undefined : CONTRADICTION
  }
  const [, sender, named, redeploy] = HOOK.exec(event.path) ?? []
  if (!isSenderName(sender)) return CONTRADICTION
  if (none(doors.senders[sender].secrets)) return notSet(secretVariable(sender))
  const isOfSender =
    `hook-${sender}` === event.action &&
    entry.caller === sender &&
    entry.reason === undefined &&
    event.delivery?.startsWith(`${sender}:`) === true
  const isForced = redeploy !== undefined
  if (!isOfSender || signed < 2 || all || force !== isForced || !namesOnly(named)) return CONTRADICTION
  return isForced && !doors.redeploy ? 'redeploy is off' : undefined
}

const CONTRADICTION = 'its parts contradict each other'
