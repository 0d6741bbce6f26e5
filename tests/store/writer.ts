// One of the processes of burst.test.ts: writes one event with its task, and says so once that is on the disk.
import { insertEvent, linkTask } from '../../lib/store/events.js'
import { withStore } from '../../lib/store/session.js'
import { enqueueTask } from '../../lib/store/tasks.js'
import { eventNamed } from './event.js'

const [, , dir = '', name = ''] = process.argv
const unit = `unit-${Number(name) % 7}.service`
withStore(
  dir,
  store => {
    const event = eventNamed(name, { ts: Date.now(), unit })
    const task = enqueueTask(
      store,
      { unit, image: 'a', force: false, caller: undefined, reason: undefined },
      1,
    )
    linkTask(store, insertEvent(store, event), task.id)
  },
  120_000,
)
process.stdout.write(name)
