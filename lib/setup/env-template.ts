// What an env file begins with that setup makes: the template, which is installed beside the program. A package makes that file for
// root alone, since it knows of no users.
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readIfThere } from '../upgrade/way-back/durable-file.js'

/** Below the prefix, as seen from lib/pod-upgrade-trigger/BUILD. */
const PLACE = '../../../share/pod-upgrade-trigger/env.template'

/** Empty where the program was not installed. */
export function envTemplate(program: string): string {
  return readIfThere(join(dirname(realpathSync(program)), PLACE)) ?? ''
}
