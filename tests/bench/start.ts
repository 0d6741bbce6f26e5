// What it costs to start a process for everything: for each Node the least it can do, and what the program does above
// that. A request is compared with `node` on an empty file, a delivery with floor.cjs, which does the same work barely.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withStore } from '../../lib/store/store.js'
import { formatTable } from '../../lib/table.js'
import { requestBytes } from '../support/request.js'
import { compare, formatTimes, heading, judge, median, RUNS } from './figures.js'
import { type Cost, type Job, Measure } from './measure.js'
import { findNodes, type Node } from './nodes.js'
import { makePlace, newDelivery, type Place, PROGRAM } from './place.js'

const MOST_PEAK_MB = 75

interface Case extends Omit<Job, 'argv' | 'env'> {
  readonly name: string
  readonly argv: (node: string) => string[]
  /** The name of the case that it is compared with; a floor has none. */
  readonly floor?: string
  /** Ratios to the floor. An answer is compared with the floor's, or with its exit where the floor answers nothing. */
  readonly atMost?: Partial<Readonly<Record<'answered' | 'exited' | 'cpu', number>>>
}

function casesAt({ dir, serve }: Place): Case[] {
  writeFileSync(join(dir, 'empty.cjs'), '')
  const refused = { argv: serve, floor: 'empty file', atMost: { answered: 1.35, exited: 1.6 } } as const
  const command = (...args: string[]) => ({
    argv: (node: string) => [node, PROGRAM, ...args],
    floor: 'empty file',
  })
  const design = [join(import.meta.dirname, 'floor.cjs'), makeFloorDatabase(dir)]
  return [
    { name: 'empty file', argv: node => [node, join(dir, 'empty.cjs')] },
    { name: 'design floor', argv: node => [node, ...design], request: newDelivery, status: 202 },
    { name: 'GET /health', ...refused, request: () => requestBytes('GET', '/health'), status: 200 },
    { name: '404', ...refused, request: () => requestBytes('GET', '/nothing'), status: 404 },
    { name: '401, 25 kB', ...refused, request: () => newDelivery('wrong'), status: 401 },
    {
      name: 'delivery, 202',
      argv: serve,
      request: newDelivery,
      status: 202,
      floor: 'design floor',
      atMost: { answered: 1.25, cpu: 1.4 },
    },
    { name: '--version', ...command('--version'), says: /^[0-9]+\.[0-9.]+$/m, atMost: { exited: 1.3 } },
    {
      name: '--all --dry-run, 20 units',
      ...command('--all', '--dry-run'),
      says: /^(UNIT .*\n)(.*pull.*\n){20}$/,
    },
  ]
}

function makeFloorDatabase(dir: string): string {
  mkdirSync(join(dir, 'floor'))
  withStore(join(dir, 'floor'), ({ events }) =>
    events.exec('create table event (id integer primary key, size integer not null)'),
  )
  return join(dir, 'floor/events.db')
}

const pick = (costs: readonly Cost[], name: keyof Cost): number[] => costs.map(cost => cost[name])

function rowOf(
  { name, floor, atMost, request }: Case,
  costs: readonly Cost[],
  bare: readonly Cost[],
): string[] {
  const ratio = (own: keyof Cost, its: keyof Cost, most?: number) =>
    floor === undefined ? '' : compare(pick(costs, own), pick(bare, its), most)
  const answers = request !== undefined
  const peakMb = (median(pick(costs, 'peakKib')) * 1024) / 1e6
  const its = Number.isNaN(bare[0]?.answeredMs) ? 'exitedMs' : 'answeredMs'
  return [
    name,
    answers ? formatTimes(pick(costs, 'answeredMs')) : '',
    answers ? ratio('answeredMs', its, atMost?.answered) : '',
    formatTimes(pick(costs, 'exitedMs')),
    ratio('exitedMs', 'exitedMs', atMost?.exited),
    formatTimes(pick(costs, 'cpuMs')),
    ratio('cpuMs', 'cpuMs', atMost?.cpu),
    judge(peakMb, answers && floor !== undefined ? MOST_PEAK_MB : undefined, mb => mb.toFixed(0)),
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
