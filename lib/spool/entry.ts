// Pure: one entry of a spool, a file of JSON: all that a request may ask of the process that carries it out.
import * as v from 'valibot'
import { SENDERS } from '../senders/index.js'
import { parseUnit } from '../unit-name.js'

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))
/** As it is in a request that was accepted; it is shown on terminals. */
const word = (max: number) => v.pipe(text(max), v.regex(/^[\x21-\x7e]*$/))
const unit = v.pipe(
  v.string(),
  v.check(name => parseUnit(name) === name),
)
export const SpoolEntry = v.strictObject({
  event: v.object({
    requestId: v.pipe(v.string(), v.uuid()),
    ts: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    method: word(20),
    path: word(200),
    action: v.picklist(['trigger', 'auto-update', ...Object.keys(SENDERS).map(name => `hook-${name}`)]),
    remoteAddr: v.optional(word(100)),
    delivery: v.optional(word(100)),
    bodySha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  }),
  units: v.pipe(v.array(unit), v.maxLength(1000)),
  all: v.optional(v.boolean(), false),
  force: v.optional(v.boolean(), false),
  caller: v.optional(text(100)),
  reason: v.optional(text(500)),
})
export type SpoolEntry = v.InferOutput<typeof SpoolEntry>
