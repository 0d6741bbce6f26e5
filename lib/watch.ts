// The watch over a unit that was restarted: looks at it, one after another, until there is a verdict (judge.ts).
import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Verdict } from './judge.js'
import { type Container, containerOf, containers, healthCheckMs as healthCheckMsOf } from './podman.js'
import type { Run } from './steps.js'
import { show } from './unit-state.js'

const POLL_MS = 1000 // podman ps costs a tenth of a second of a processor
const MAX_ANEW = 5 // of a unit that is restarted again and again nothing can be said

/**
 * Watches the unit until it is believed to run `imageId` well. Gives why not, or undefined. `before` is the container
 * that ran before the restart, where there was one.
 */
export async function watch(run: Run, imageId: string, before?: Container): Promise<string | undefined> {
  let gone = before
  for (let anew = 0; anew <= MAX_ANEW; anew++) {
    const { verdict, last } = await watchOnce(run, imageId, gone)
    if (verdict.kind === 'bad') return verdict.why
    if (verdict.kind === 'good') return undefined
    gone = last
  }
  return `the unit was restarted ${MAX_ANEW + 1} times by somebody else`
}

/** Until the unit is believed, given up, or restarted. `last` is the container that was seen last before that. */
async function watchOnce(
  { config, task, signal }: Run,
  imageId: string,
  before: Container | undefined,
): Promise<{ readonly verdict: Verdict; readonly last: Container | undefined }> {
  const first = await show(config.scope, task.unit)
  const expected = {
    imageId,
    before: before?.id,
    invocationId: first.InvocationID,
    restarts: first.NRestarts,
    settleMs: config.settleMs,
    healthTimeoutMs: config.healthTimeoutMs,
  }
  const began = performance.now()
  let last = before
  let healthCheckMs = 0
  for (;;) {
    const [unit, all] = await Promise.all([show(config.scope, task.unit), containers(task.unit)])
    const container = containerOf(task.unit, all)
    if (container?.health === 'starting') healthCheckMs ||= await healthCheckMsOf(container.id)
    const elapsedMs = performance.now() - began
    const verdict = judge({ unit, container, elapsedMs, healthCheckMs }, expected)
    if (verdict.kind !== 'wait') return { verdict, last }
    last = container ?? last
    await sleep(POLL_MS, undefined, { signal })
  }
}
