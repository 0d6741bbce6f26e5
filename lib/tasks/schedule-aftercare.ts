// After an upgrade that ended well, one more look at the unit some minutes later (aftercare.ts).
import type { Config } from '../config/config.js'
import { asCommandFailed } from '../errors.js'
import { startAftercare } from '../host/transient-units.js'
import { log } from '../log.js'

/** What cannot be scheduled is told: the upgrade itself went well. */
export async function scheduleAftercare(config: Config, taskId: number): Promise<void> {
  for (const secs of config.aftercareSecs) {
    try {
      await startAftercare(config, taskId, secs)
    } catch (error) {
      log('warning', `no after-care of task ${taskId}: ${asCommandFailed(error).message}`)
    }
  }
}
