// A network among hosts of the lab: for each pair a cable, and an address at either end. Who is not connected cannot be reached.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Host } from './host.js'

const run = promisify(execFile)
let cables = 0

/** Gives the address at which the second host reaches the first. The cable goes with either of them. */
export async function connect(first: Host, second: Host): Promise<string> {
  const n = ++cables
  const [own, other] = [`cable${n}a`, `cable${n}b`]
  const at = (host: Host) => ['netns', String(host.init)]
  await run('ip', ['link', 'add', own, ...at(first), 'type', 'veth', 'peer', 'name', other, ...at(second)])
  await first.sh(`ip address add 10.87.${n}.1/24 dev ${own}; ip link set ${own} up`)
  await second.sh(`ip address add 10.87.${n}.2/24 dev ${other}; ip link set ${other} up`)
  return `10.87.${n}.1`
}
