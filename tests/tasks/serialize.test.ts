// Rows as the API and --json give them: what a script reads is called the same for ever.
import t from 'tap'
import { forEachSender } from '../../lib/config/sender-names.js'
import type { Task } from '../../lib/store/tasks.js'
import { serializeEvent, serializeTask, serializeUnit } from '../../lib/tasks/serialize.js'

const NO_SENDERS = {
  senders: forEachSender(() => ({ secrets: [], registry: undefined })),
  publicUrl: undefined,
}
const WEB = { unit: 'web.service', image: 'ghcr.io/acme/web:latest', enabledBy: 'list' } as const

t.test('the names are those of the columns, and a task says where it is', async t => {
  const task = { id: 7, unit: 'web.service', queuedMs: 1, bootId: undefined } as unknown as Task
  t.strictSame(serializeTask(task), {
    id: 7,
    unit: 'web.service',
    queued_ms: 1,
    boot_id: undefined,
    url: '/api/v1/tasks/7',
  })
  const event = { id: 2, bodySha256: 'ab', taskIds: [7] }
  t.strictSame(serializeEvent(event as never), { id: 2, body_sha256: 'ab', task_ids: [7] })
})

t.test('a unit, with its pin where it has one, of which its other containers are not told', async t => {
  const unit = { unit: 'web.service', image: 'ghcr.io/acme/web:latest', enabled_by: 'list', hooks: [] }
  t.strictSame(serializeUnit(WEB, NO_SENDERS as never), unit)
  const pin = { keptId: 'a', hold: 'until the fair', others: [['quay.io/t/b:1', 'b']] }
  t.strictSame(serializeUnit({ ...WEB, pin }, NO_SENDERS as never), {
    ...unit,
    pin: { kept_id: 'a', hold: 'until the fair', others: undefined },
  })
})
