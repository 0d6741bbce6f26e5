// Numbers for a person: medians, the smallest beside them (what the machine does when it does nothing else), ratios, and
// whether a ratio keeps what was promised. What does not makes the process exit with 1, once everything is told.
import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'

/** BENCH_RUNS=… is for a quick look; the verdicts are meant for the default. */
export const RUNS = Number(process.env['BENCH_RUNS'] ?? 21)

export function heading(title: string): void {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
  const [load = 0] = loadavg()
  const busy =
    load > availableParallelism() / 2 ? ', busy: medians mislead, run it again when it is idle' : ''
  console.log(`\n== ${title}`)
  console.log(`   ${availableParallelism()} processors, Linux ${kernel}, load ${load.toFixed(1)}${busy}\n`)
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)

/** `share` of the values are at most this. */
export const quantile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export const formatMs = (ms: number): string => `${ms.toFixed(ms < 1000 ? 1 : 0)} ms`

/** The median, and the smallest in brackets. */
export const formatTimes = (values: readonly number[]): string =>
  `${formatMs(median(values))} (${quantile(values, 0).toFixed(1)})`

/** `value`, and where something is promised of it, whether it is kept. */
export function judge(
  value: number,
  atMost: number | undefined,
  format = (it: number) => it.toFixed(2),
): string {
  if (atMost === undefined) return format(value)
  if (value <= atMost) return `${format(value)} ok <= ${format(atMost)}`
  process.exitCode = 1
  return `${format(value)} MISSED > ${format(atMost)}`
}

/** The ratio of the medians, judged, and in brackets that of the smallest, which is not. */
export function compare(own: readonly number[], floor: readonly number[], atMost?: number): string {
  const smallest = quantile(own, 0) / quantile(floor, 0)
  const [ratio = '', ...verdict] = judge(median(own) / median(floor), atMost).split(' ')
  return [ratio, `(${smallest.toFixed(2)})`, ...verdict].join(' ')
}
