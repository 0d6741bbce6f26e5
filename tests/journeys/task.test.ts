// From the delivery to the end of its task: systemd-run starts the program again, with nothing of the environment of
// the request, and what the task did is what the unit then runs. Fakes stand for podman and systemd, not for us.
import { waitFor } from '../support/host.js'
import { delivery } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)
const WITH_JOURNAL = { WEBHOOK_REPORT_JOURNAL: '1' }

/** Sends a delivery for web.service, which runs OLD, and gives its task when that is done. */
async function upgrade(
  world: World,
  target = '/hooks/github/web',
): Promise<Readonly<Record<string, unknown>>> {
  world.setUnit('web.service', IMAGE, OLD)
  world.fake('run-tasks', '')
  world.fake('journal', 'the last words of web.service\u001b[31m postgres://app:hunter2@db/app\n')
  await world.send(delivery({ target }))
  await waitFor('the task to end', () => world.read('journal-entries') !== '')
  return world.tasks()[0]!
}

const restarts = (world: World): string[] => world.calls('systemctl restart')

journey('a new image: pulled, restarted, confirmed', async (t, world) => {
  world.setRegistry(IMAGE, NEW)
  const task = await upgrade(world)
  t.match(task, { outcome: 'updated', attempts: 1, report: { old: { id: OLD }, new: { id: NEW } } })
  t.equal(world.running('web.service'), NEW)
  t.strictSame(restarts(world), ['systemctl restart -- web.service'])
  t.strictSame(world.calls('podman pull'), [`podman pull --quiet -- ${IMAGE}`], 'the reference of the unit')
  t.match(world.read('journal-entries'), /^OUTCOME=updated$/m)
})

journey('the same image: no restart', async (t, world) => {
  world.setRegistry(IMAGE, OLD)
  t.match(await upgrade(world), { outcome: 'unchanged' })
  t.equal(world.running('web.service'), OLD)
  t.strictSame(restarts(world), [])
})

journey(
  'the same image, redeployed: a restart',
  async (t, world) => {
    world.setRegistry(IMAGE, OLD)
    t.match(await upgrade(world, '/hooks/github/web/redeploy'), { force: true, state: 'done' })
    t.equal(world.running('web.service'), OLD)
    t.strictSame(restarts(world), ['systemctl restart -- web.service'])
  },
  { WEBHOOK_REDEPLOY: '1' },
)

journey(
  'a pull that fails: what ran still runs, and the journal is in the report',
  async (t, world) => {
    const task = await upgrade(world)
    t.match(task, {
      outcome: 'failed',
      report: { why: /manifest unknown/, journal: /the last words of web\.service/ },
    })
    t.notMatch(JSON.stringify(task), '\u001b', 'control characters are escaped')
    t.notMatch(JSON.stringify(task), 'hunter2', 'and passwords masked')
    t.equal(world.running('web.service'), OLD)
    t.strictSame(restarts(world), [])
    t.match(world.read('journal-entries'), /^OUTCOME=failed$/m)
  },
  WITH_JOURNAL,
)

journey(
  'a restart that fails: the reason and the journal are in the report',
  async (t, world) => {
    world.setRegistry(IMAGE, NEW)
    world.fake('fail-restart', 'Job for web.service failed because of the control process.\n')
    const task = await upgrade(world)
    t.match(task, {
      outcome: 'failed',
      report: { why: /the control process/, journal: /the last words of web\.service/, old: { id: OLD } },
    })
  },
  WITH_JOURNAL,
)

journey('what a unit prints stays in the journal, unless its owner wants it told', async (t, world) => {
  const task = await upgrade(world)
  t.match(task, { outcome: 'failed' })
  t.notMatch(JSON.stringify(task), /last words|hunter2/)
})
