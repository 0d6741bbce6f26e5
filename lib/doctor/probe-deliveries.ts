// The doctor as each sender that has a secret here: a test of its kind, proven with the real secret, over the real socket. It changes
// nothing but the event log, and is answered 200 by whoever has the same secret.
import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Config } from '../config/config.js'
import { SENDER_NAMES, type SenderName, secretVariable } from '../config/sender-names.js'
import { SENDERS } from '../senders/index.js'
import { proveTest } from '../senders/prove.js'
import { type Address, isSlow, judgeReply, parseListen, parsePace, type Reply } from './checks/delivery.js'
import { type CheckResult, warning } from './checks/finding.js'
import type { Properties } from './checks/setup.js'
import { type Check, withConfig } from './doctor-context.js'
import { ping } from './ping.js'

const PING_MS = 15_000

/** One for each sender with a secret, or one that says why there is none. */
export function deliveryChecks(config: Config | undefined, socket: Properties): Check[] {
  const names = SENDER_NAMES.filter(name => config !== undefined && config.senders[name].secrets.length > 0)
  if (config === undefined || names.length === 0) return [['delivery', () => withConfig(config, noSecret)]]
  return names.map((name): Check => ['delivery', () => checkDelivery(config, name, socket)])
}

const noSecret = (): CheckResult =>
  warning(
    `not tried: this command can read no secret of a sender, such as ${secretVariable(SENDER_NAMES[0])}`,
    'let the sender send one again (its Recent Deliveries, Redeliver; its test); pod-upgrade-trigger events',
  )

async function checkDelivery(config: Config, name: SenderName, socket: Properties): Promise<CheckResult> {
  const address = parseListen(socket.get('Listen') ?? '')
  if (socket.get('ActiveState') !== 'active' || address === undefined)
    return warning('not tried: the socket is not listening', 'fix the socket first')
  const letsIn = parsePace(socket.get('PollLimitBurst'), socket.get('PollLimitIntervalUSec'))
  const pace = { letsIn, processors: availableParallelism() }
  const first = await sendTest(config, name, address)
  if (first === undefined)
    return warning(
      `/hooks/${name} was not tried: with no secret in ${secretVariable(name)} can a proof of this sender be made`,
      'let the sender send a test; pod-upgrade-trigger events',
    )
  // The first may have found nothing in memory.
  const reply = isSlow(first, pace) ? ((await sendTest(config, name, address)) ?? first) : first
  return judgeReply(name, address, reply, config.scope, pace)
}

/** Sends a test of the sender, proven with the first of its secrets that can prove one. Undefined where none can. */
export async function sendTest(
  { senders }: Config,
  name: SenderName,
  address: Address,
): Promise<Reply | undefined> {
  const sender = await SENDERS[name]()
  const made = { id: randomUUID(), nowMs: Date.now() }
  const [test] = senders[name].secrets.flatMap(key => proveTest(name, sender, key, made) ?? [])
  return test && ping(address, test, PING_MS)
}
