// What a test asks the machine it runs on: conditions to wait for, processes by their environment, files in a tree.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const GIVE_UP_MS = 20_000
const POLL_MS = 20

/** Returns as soon as `condition` holds; throws, with the words, where it does not in 20 seconds. */
export async function waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + GIVE_UP_MS
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await pause(POLL_MS)
  }
}

/** The process ids whose environment holds `assignment`, such as the FAKE_DIR of one test. */
export function processesWith(assignment: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^[0-9]+$/.test(name))
    .filter(pid => environmentOf(pid).includes(assignment))
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    return [] // gone meanwhile, or somebody else's
  }
}

/** None where there is no such directory; the file itself where it is one. */
export function filesUnder(dir: string): string[] {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return existsSync(dir) ? [dir] : []
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
