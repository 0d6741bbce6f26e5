// Properties that hold for any input, with thousands of them. The seed is always the same, so that a failure is the same
// tomorrow; it is printed, and FUZZ_SEED=… looks elsewhere. fast-check makes what fails as small as it can.
import fc from 'fast-check'
import t, { type Test } from 'tap'

export const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_131)
const RUNS = 3000

t.comment(`FUZZ_SEED=${SEED}`)

/** `holds` throws, or gives false, for an input for which it does not hold. */
export function always<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  holds: (input: T) => unknown,
  runs = RUNS,
): void {
  t.test(name, async (t: Test) => {
    const property = fc.property(inputs, input => holds(input) !== false)
    const { failed, counterexample, errorInstance, numRuns } = fc.check(property, {
      seed: SEED,
      numRuns: runs,
    })
    t.notOk(failed, `${numRuns} inputs`, { counterexample, error: errorInstance })
  })
}

/** Texts that look like nothing in particular, or like what is parsed here. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...'aZ09._-/:@%*?[]#=\\ \n\t\0\u212a\u202e'), maxLength: 40 }),
)

/** Objects with nearly all of these fields, nearly each with a value that fits, and sometimes with unknown ones. */
export function nearly(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> {
  const loose = Object.entries(fields).map(
    ([name, fits]) =>
      [
        name,
        fc.oneof(
          { weight: 30, arbitrary: fits },
          { weight: 1, arbitrary: fc.jsonValue() },
          { weight: 2, arbitrary: fc.constant(undefined) },
        ),
      ] as const,
  )
  const unknown = fc.option(fc.dictionary(text, fc.jsonValue()), { freq: 4, nil: {} })
  return fc
    .tuple(fc.record(Object.fromEntries(loose)), unknown)
    .map(([known, more]) =>
      Object.fromEntries(Object.entries({ ...more, ...known }).filter(([, it]) => it !== undefined)),
    )
}
