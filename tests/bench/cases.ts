// What is started, and what is promised of each as a ratio to a floor: a request to `node` on an empty file, a delivery to
// floor.cjs, which does the same work barely.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withStore } from '../../lib/store/session.js'
import { requestBytes } from '../support/request.js'
import type { Cost, Job } from './measure.js'
import { newDelivery, newLook, type Place, PROGRAM } from './place.js'

export interface Case extends Omit<Job, 'argv' | 'env'> {
  readonly name: string
  readonly argv: (node: string) => string[]
  /** The name of the case that it is compared with; a floor has none. */
  readonly floor?: string
  /** Ratios to the floor. */
  readonly atMost?: Partial<Readonly<Record<Time, number>>>
}

export type Time = 'answeredMs' | 'exitedMs' | 'cpuMs'

export const pick = (costs: readonly Cost[], name: keyof Cost): number[] => costs.map(cost => cost[name])

/** What a time is compared with: the floor's, and an answer with its exit where the floor answers nothing. */
export function floorOf(time: Time, floor: readonly Cost[]): number[] {
  const own = pick(floor, time)
  return own.some(Number.isNaN) ? pick(floor, 'exitedMs') : own
}

export function casesAt({ dir, serve }: Place): Case[] {
  writeFileSync(join(dir, 'empty.cjs'), '')
  const refused = { argv: serve, floor: 'empty file', atMost: { answeredMs: 1.35, exitedMs: 1.6 } } as const
  const command = (...args: string[]) => ({
    argv: (node: string) => [node, PROGRAM, ...args],
    floor: 'empty file',
  })
  const design = [join(import.meta.dirname, 'floor.cjs'), makeFloorDatabase(dir)]
  return [
    { name: 'empty file', argv: node => [node, join(dir, 'empty.cjs')] },
    { name: 'design floor', argv: node => [node, ...design], request: newDelivery, status: 202 },
    { name: 'GET /health', ...refused, request: () => requestBytes('GET', '/health'), status: 200 },
    { name: 'GET /, 20 units', argv: serve, floor: 'GET /health', request: newLook, status: 200 },
    { name: '404', ...refused, request: () => requestBytes('GET', '/nothing'), status: 404 },
    { name: '401, 25 kB', ...refused, request: () => newDelivery({ secret: 'wrong' }), status: 401 },
    {
      name: 'delivery, 202',
      argv: serve,
      request: newDelivery,
      status: 202,
      floor: 'design floor',
      atMost: { answeredMs: 1.25, cpuMs: 1.4 },
    },
    { name: '--version', ...command('--version'), says: /^[0-9]+\.[0-9.]+$/m, atMost: { exitedMs: 1.3 } },
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
