// Many deliveries at once, each a process of its own: how many are answered in a second, how late, and what all of them
// hold together. Twice, because looking at memory takes time from what is looked at. Nothing here holds connections
// back as the installed socket does (PollLimitBurst=).
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../../lib/cli/table.js'
import { freePort } from '../support/listen.js'
import { formatMs, heading, quantile } from './figures.js'
import { type Asked, ask, childrenOf, heldMib, listen } from './listener.js'
import { makePlace, newDelivery } from './place.js'

const DELIVERIES = 200
const AT_ONCE = 16
const LOOK_MS = 250

async function burst(port: number): Promise<{ asked: Asked[]; secs: number }> {
  const deliveries = Array.from({ length: DELIVERIES }, () => newDelivery())
  const asked: Asked[] = []
  const began = performance.now()
  const lane = async () => {
    for (let next = deliveries.pop(); next !== undefined; next = deliveries.pop())
      asked.push(await ask(port, next))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  const refused = asked.filter(({ status }) => status !== 202)
  if (refused.length > 0)
    throw new Error(`${refused.length} were not accepted: ${JSON.stringify(refused[0])}`)
  return { asked, secs: (performance.now() - began) / 1000 }
}

/** The most that the processes below `pid` hold together until `end`. */
async function peakOf(pid: number, end: Promise<unknown>): Promise<{ mib: number; processes: number }> {
  const peak = { mib: 0, processes: 0 }
  let over = false
  const ending = end.finally(() => {
    over = true
  })
  while (!over) {
    const pids = childrenOf(pid)
    peak.mib = Math.max(peak.mib, heldMib(pids))
    peak.processes = Math.max(peak.processes, pids.length)
    await sleep(LOOK_MS)
  }
  await ending
  return peak
}

const place = makePlace()
const port = await freePort()
const listener = await listen(place, port)
try {
  heading(`burst: ${DELIVERIES} signed deliveries of 25 kB, ${AT_ONCE} at a time`)
  const { asked, secs } = await burst(port)
  const { mib, processes } = await peakOf(listener.pid!, burst(port))
  const took = asked.map(({ tookMs }) => tookMs)
  const cells = [
    (DELIVERIES / secs).toFixed(1),
    ...[0.5, 0.99, 1].map(share => formatMs(quantile(took, share))),
    `${mib.toFixed(0)} MiB in ${processes} processes`,
  ]
  console.log(formatTable(['A SECOND', 'p50', 'p99', 'SLOWEST', 'PEAK MEMORY OF ALL'], [cells]))
} finally {
  listener.kill()
  place.remove()
}
