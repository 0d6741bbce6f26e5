// What it costs to start a process for everything: for each Node the least it can do, and what the program does above that.
import { formatTable } from '../../lib/cli/table.js'
import { type Case, casesAt, floorOf, pick, type Time } from './cases.js'
import { compare, formatTimes, heading, judge, median, RUNS } from './figures.js'
import { type Cost, Measure } from './measure.js'
import { findNodes, type Node } from './nodes.js'
import { makePlace } from './place.js'

const MOST_PEAK_MB = 75

function rowOf(
  { name, floor, atMost, request }: Case,
  costs: readonly Cost[],
  bare: readonly Cost[],
): string[] {
  const time = (what: Time, most?: number) => [
    formatTimes(pick(costs, what)),
    floor === undefined ? '' : compare(pick(costs, what), floorOf(what, bare), most),
  ]
  const answers = request !== undefined
  const peakMb = (median(pick(costs, 'peakKib')) * 1024) / 1e6
  return [
    name,
    ...(answers ? time('answeredMs', atMost?.answeredMs) : ['', '']),
    ...time('exitedMs', atMost?.exitedMs),
    ...time('cpuMs', atMost?.cpuMs),
    judge(peakMb, answers && atMost !== undefined ? MOST_PEAK_MB : undefined, mb => mb.toFixed(0)),
  ]
}

const HEAD = ['', 'ANSWERED', '/ FLOOR', 'EXITED', '/ FLOOR', 'CPU', '/ FLOOR', 'PEAK MB']

function tableOf({ version }: Node, cases: readonly Case[], costs: readonly (readonly Cost[])[]): string {
  const rows = cases.map((it, index) => {
    const floor = cases.findIndex(({ name }) => name === it.floor)
    return rowOf(it, costs[index] ?? [], costs[floor] ?? [])
  })
  return formatTable([`NODE ${version}`, ...HEAD.slice(1)], rows)
}

const place = makePlace()
const measure = new Measure(place.dir)
try {
  const nodes = findNodes()
  const cases = casesAt(place)
  heading(`start: medians of ${RUNS} runs in turns, the smallest in brackets`)
  const jobs = nodes.flatMap(node => cases.map(it => ({ ...it, argv: it.argv(node.path), env: place.env })))
  const costs = await measure.turns(jobs, RUNS)
  for (const [index, node] of nodes.entries())
    console.log(tableOf(node, cases, costs.slice(index * cases.length, (index + 1) * cases.length)))
} finally {
  measure.end()
  place.remove()
}
