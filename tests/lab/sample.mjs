// node sample.mjs UNTIL, inside a lab host: until the file UNTIL exists, adds up what the processes in this program's
// own control groups hold (proportional set size: a shared page counts once). Prints the peak; there is no memory
// controller in every lab. Exits with 1 where it never saw a process, so that a peak of nothing is not taken for good.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [until] = process.argv.slice(2)
const OURS = /pod(-|\\x2d)upgrade/

function heldKib(pid) {
  try {
    if (!OURS.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))) return undefined
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return undefined // it ended meanwhile
  }
}

const peak = { kib: 0, processes: 0 }
while (!existsSync(until)) {
  const held = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => heldKib(pid) ?? [])
  peak.kib = Math.max(
    peak.kib,
    held.reduce((sum, kib) => sum + kib, 0),
  )
  peak.processes = Math.max(peak.processes, held.length)
  await sleep(250)
}
console.log(JSON.stringify(peak))
process.exitCode = peak.processes > 0 ? 0 : 1
