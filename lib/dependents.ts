// What else a restart touches: systemd stops what requires a unit that it restarts, and so every member of a pod. It starts
// it again only where the restart went well: after a bad image it stays down. And where it is stopped in the middle of a
// start of its own, podman leaves a container that has to be killed a minute and a half later; so such restarts take turns.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailed } from './errors.js'
import type { Place } from './look.js'
import { limits, type Run } from './steps.js'
import { lock } from './store/lock.js'
import { slugOf } from './store/slug.js'
import { startAndWait } from './systemd.js'
import { dependentsOf } from './unit-state.js'

const POLL_MS = 500

/** Notes what is touched, and what of it is up. */
export async function findDependents(run: Run, { restartUnit }: Place): Promise<void> {
  const own = [...new Set([run.task.unit, restartUnit])]
  const needed = await dependentsOf(run.config.scope, own)
  run.touched = [...own, ...needed.map(({ unit }) => unit)].sort()
  const up = needed.flatMap(one => (one.up ? [one.unit] : []))
  const dependents = [...new Set([...(run.report.dependents ?? []), ...up])]
  if (dependents.length > 0) run.report = { ...run.report, dependents }
}

/** Waits until no other task restarts, or watches, what this one touches. Gives whether it had to: look again then. */
export async function takeTurns(run: Run): Promise<boolean> {
  if (run.turns.length > 0) return false
  let waited = false
  // In order of their names, so that no two tasks wait for each other. Whoever holds one has a time limit of its own.
  for (const unit of run.touched) {
    const path = join(run.config.stateDir, 'locks', `turn-${slugOf(unit)}.lock`)
    let turn = lock(path, 0)
    while (turn === undefined) {
      waited = true
      await sleep(POLL_MS, undefined, { signal: run.signal })
      turn = lock(path, 0)
    }
    run.turns = [...run.turns, turn]
  }
  return waited
}

/** Starts what was up and has gone down. Gives what is wrong with it, or undefined. */
export async function startDependents(run: Run): Promise<string | undefined> {
  const { dependents } = run.report
  if (dependents === undefined) return undefined
  try {
    await startAndWait(run.config.scope, dependents, limits(run))
    return undefined
  } catch (error) {
    run.signal.throwIfAborted()
    if (!(error instanceof CommandFailed)) throw error
    return `of what needs it something did not come up again: ${error.stderr || error.message}`
  }
}
