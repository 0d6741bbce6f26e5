// What a transient unit starts: `run-task [--all] ID…`, `run-task --aftercare ID`, `run-task --refresh-pin UNIT` or `run-task --fetch-keys`.
// For ourselves alone, and without yargs, because what was pushed is waited for.
// Built as a part of its own.
import { readConfig } from '../config/environment.js'
import { EXIT, UsageError } from '../errors.js'
import { exitStatus } from '../exit-status.js'
import { abortOnSignals } from '../host/signals.js'
import { refreshPinAtStart } from '../upgrade/refresh-pin.js'
import { aftercare } from './aftercare.js'
import { runBatch } from './run-tasks.js'

/** Gives the exit status. `words` are those after `run-task`. */
export async function runTaskCommand(env: NodeJS.ProcessEnv, words: readonly string[]): Promise<number> {
  try {
    if (words[0] === '--aftercare') return await aftercare(readConfig(env), idOf(words[1]), abortOnSignals())
    if (words[0] === '--refresh-pin') {
      await refreshPinAtStart(readConfig(env), words[1] ?? '')
      return EXIT.ok
    }
    if (words[0] === '--fetch-keys') {
      const { fetchKeys } = await import('../actions/fetch-keys.js')
      return (await fetchKeys(readConfig(env))) ? EXIT.ok : EXIT.failed
    }
    const all = words[0] === '--all'
    const ids = words.slice(all ? 1 : 0).map(idOf)
    if (ids.length === 0) throw new UsageError('run-task takes ids of tasks')
    return await runBatch(readConfig(env), { ids, all }, abortOnSignals())
  } catch (error) {
    return exitStatus(error)
  }
}

function idOf(word: string | undefined): number {
  const id = Number(word)
  if (word === undefined || !Number.isSafeInteger(id)) throw new UsageError('run-task takes ids of tasks')
  return id
}
