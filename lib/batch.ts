// What a transient unit starts: `run-task [--all] ID…`. For ourselves alone, and without yargs, because what was pushed is
// waited for. A part of its own in the build (bin/build.mjs).
import { runBatch } from './all.js'
import { readConfig } from './environment.js'
import { UsageError } from './errors.js'
import { exitStatus } from './exit.js'
import { interruption } from './interruption.js'

/** Gives the exit status. `words` are those after `run-task`. */
export async function batch(env: NodeJS.ProcessEnv, words: readonly string[]): Promise<number> {
  try {
    const all = words[0] === '--all'
    const ids = words.slice(all ? 1 : 0).map(Number)
    if (ids.length === 0 || !ids.every(Number.isSafeInteger))
      throw new UsageError('run-task takes ids of tasks')
    return await runBatch(readConfig(env), { ids, all }, interruption())
  } catch (error) {
    return exitStatus(error)
  }
}
