// What `make bench` promises, twice as generously, for the Node that runs this: seen in a minute on a busy machine, so that
// start-up cannot become twice as dear unnoticed. Ratios alone, of the smallest of a few runs: other tests run meanwhile.
import t, { type Test } from 'tap'
import { type Case, casesAt, floorOf, pick, type Time } from './cases.js'
import { quantile } from './figures.js'
import { type Cost, Measure } from './measure.js'
import { makePlace } from './place.js'

const RUNS = 7
const GENEROUS = 2

function compare(t: Test, { name, atMost = {} }: Case, costs: readonly Cost[], floor: readonly Cost[]): void {
  for (const [time, most] of Object.entries(atMost) as [Time, number][]) {
    const ratio = quantile(pick(costs, time), 0) / quantile(floorOf(time, floor), 0)
    const what = `${name}: ${time} is ${ratio.toFixed(2)} of the floor's, at most ${most * GENEROUS}`
    t.ok(ratio <= most * GENEROUS, `${what}; make bench PART=start shows more`)
  }
}

t.test('starting costs no more than twice what is promised', async t => {
  const place = makePlace()
  const measure = new Measure(place.dir)
  t.teardown(place.remove)
  t.teardown(() => measure.end())
  const cases = casesAt(place)
  const jobs = cases.map(it => ({ ...it, argv: it.argv(process.execPath), env: place.env }))
  const costs = await measure.turns(jobs, RUNS)
  for (const [index, it] of cases.entries()) {
    const floor = cases.findIndex(({ name }) => name === it.floor)
    compare(t, it, costs[index] ?? [], costs[floor] ?? [])
  }
})
