// The watch over a unit that was restarted: looks at it, one after another, until there is a verdict (judge.ts).
import { setTimeout as sleep } from 'node:timers/promises'
import { insist } from '../host/insist.js'
import { type Container, containers, healthCheckMs as healthCheckMsOf } from '../host/podman.js'
import { monitoredBy } from '../host/unit-processes.js'
import { show } from '../host/unit-state.js'
import type { ImageState } from '../store/report.js'
import { chooseContainers, mainContainer } from '../targets/unit-containers.js'
import { judge, type Verdict } from './judge.js'
import type { Run } from './run.js'

const SILENCE_MS = 60_000 // a podman or a manager that says nothing for so long has answered
const POLL_MS = 1000 // podman ps costs a tenth of a second of a processor
const MAX_RESTARTS = 5 // of a unit that is restarted again and again nothing can be said

/**
 * Watches the unit until it runs `images` well, or does not. Gives what is wrong, or undefined. `before` is the container
 * that ran before the restart, where there was one.
 */
export async function watch(run: Run, images: ImageState, before?: Container): Promise<string | undefined> {
  let gone = before
  for (let restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
    const { verdict, last } = await watchOnce(run, images, gone)
    if (verdict.kind === 'bad') return verdict.why
    if (verdict.kind === 'good') return undefined
    gone = last
  }
  return `the unit was restarted ${MAX_RESTARTS + 1} times by somebody else`
}

/** Until there is a verdict. `last` is the container that was seen last before that. */
async function watchOnce(
  run: Run,
  { id: imageId, others = [] }: ImageState,
  before: Container | undefined,
): Promise<{ readonly verdict: Verdict; readonly last: Container | undefined }> {
  const { config, task, signal } = run
  const first = await insist(signal, SILENCE_MS, () => show(config.scope, task.unit))
  const expected = {
    imageId,
    others: others.map(([, id]) => id),
    before: before?.id,
    invocationId: first.InvocationID,
    restarts: first.NRestarts,
    settleMs: config.settleMs,
    healthTimeoutMs: config.healthTimeoutMs,
  }
  const began = performance.now()
  let last = before
  let healthCheckMs = 0
  let since = began
  for (;;) {
    const { unit, container, beside, podmanRestarts } = await insist(signal, SILENCE_MS, async () => {
      const [unit, monitored, all] = await Promise.all([
        show(config.scope, task.unit),
        monitoredBy(config.scope, task.unit),
        containers(),
      ])
      const own = chooseContainers(monitored, all)
      const fresh = own.filter(({ id }) => id !== before?.id)
      const podmanRestarts = Math.max(0, ...fresh.map(({ restarts }) => restarts))
      const container = mainContainer(own)
      return { unit, container, beside: fresh.filter(one => one !== container), podmanRestarts }
    })
    if (container?.health === 'starting') healthCheckMs ||= await healthCheckMsOf(container.id)
    const now = performance.now()
    if (container?.state !== 'running' || container.id !== last?.id) since = now
    const [elapsedMs, steadyMs] = [now - began, now - since]
    const seen = { unit, container, others: beside, podmanRestarts, elapsedMs, steadyMs, healthCheckMs }
    const verdict = judge(seen, expected)
    if (verdict.kind !== 'wait') return { verdict, last }
    last = container ?? last
    await sleep(POLL_MS, undefined, { signal })
  }
}
