// The same delivery again, as GitHub sends it when a person presses "Redeliver": the same id and the same bytes. What
// happens depends on what became of the first one. The id is not signed, so another body under it is another delivery.
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { delivery, pushed } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)

/** How many tasks have ended, by what they tell the journal then. */
const ended = (world: World): number => world.read('journal-entries').split('OUTCOME=').length - 1

journey('while its task is queued: that task, which is started once more', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  const first = await world.send(delivery())
  const again = await world.send(delivery())
  t.strictSame([first.status, again.status], [202, 200])
  matchAll(t, again.json, { status: 'duplicate', tasks: [{ id: 1, unit: 'web.service', state: 'queued' }] })
  t.not(again.headers['x-request-id'], first.headers['x-request-id'])
  t.equal(world.tasks().length, 1)
  matchAll(t, world.events(), [
    { status: 200, task_ids: [1] },
    { status: 202, task_ids: [1] },
  ])
  // systemd refuses the second unit of the same name; should the first start have been lost, this one makes up for it.
  t.equal(world.calls('systemd-run').length, 2)
})

journey('systemd says that the task runs already: that is as good', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  await world.send(delivery())
  world.fake(
    'fail-systemd-run',
    'Failed to start transient service unit: Unit pod-upgrade-trigger-task-1.service was already loaded or has a fragment file.\n',
  )
  const again = await world.send(delivery())
  t.equal(again.status, 200)
  t.match(again.json, { status: 'duplicate' })
})

journey('after a good end: nothing is done again', async (t, world) => {
  world.setUnit('web.service', IMAGE, NEW)
  world.setRegistry(IMAGE, NEW)
  world.fake('run-tasks', '')
  await world.send(delivery())
  await waitFor('the task to end', () => ended(world) === 1)
  const again = await world.send(delivery())
  t.equal(again.status, 200)
  matchAll(t, again.json, { status: 'duplicate', tasks: [{ id: 1, state: 'done', outcome: 'unchanged' }] })
  t.equal(world.calls('systemd-run').length, 1)
})

journey('after a failure: it runs again', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  world.fake('run-tasks', '')
  await world.send(delivery())
  await waitFor('the pull to fail', () => ended(world) === 1)
  world.setRegistry(IMAGE, NEW)
  const again = await world.send(delivery())
  t.equal(again.status, 202)
  matchAll(t, again.json, { status: 'accepted', tasks: [{ id: 2 }] })
  await waitFor('the second task to end', () => ended(world) === 2)
  matchAll(t, world.tasks(), [
    { id: 2, outcome: 'updated' },
    { id: 1, outcome: 'failed' },
  ])
})

journey('the same id with another body is another delivery', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  await world.send(delivery())
  const other = await world.send(delivery({ body: pushed(IMAGE, { sender: { login: 'octo' } }) }))
  t.equal(other.status, 202)
  t.match(other.json, { status: 'accepted' })
})

journey(
  'the id is not signed: a body that a stranger has seen was work again under another',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    await world.send(delivery({ id: 'one' }))
    const again = await world.send(delivery({ id: 'two' }))
    t.equal(again.status, 200)
    matchAll(t, again.json, { status: 'duplicate', tasks: [{ id: 1 }] })
    t.equal(
      (await world.send(delivery({ id: 'three', target: '/hooks/github/web' }))).status,
      200,
      'nor is the path',
    )
    t.equal(world.tasks().length, 1)
  },
)

journey(
  'a body that comes again and again uses up nothing that a genuine delivery needs',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    world.fake('run-tasks', '') // and each fails, for there is no image to pull
    const statuses: number[] = []
    for (let n = 1; n <= 7; n++) {
      statuses.push((await world.send(delivery({ id: `copy-${n}` }))).status)
      if (n <= 5) await waitFor('the pull to fail', () => ended(world) === n)
    }
    t.strictSame(
      statuses,
      [202, 202, 202, 202, 202, 429, 429],
      'a failed one is tried again, five times a day',
    )
    t.equal((await world.send(delivery({ body: pushed(IMAGE, { n: 1 }) }))).status, 202)
  },
  { WEBHOOK_IMAGE_LIMIT_COUNT: '2' },
)

journey('after a rollback: the image is known to be bad, and nothing is done again', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
  world.fake(`bad-${NEW}`, 'failed\n')
  world.fake('run-tasks', '')
  await world.send(delivery())
  await waitFor('the rollback', () => ended(world) === 1)
  const again = await world.send(delivery({ id: 'again' }))
  matchAll(t, again.json, { status: 'duplicate', tasks: [{ id: 1, outcome: 'rolled-back' }] })
})

journey(
  'to a path that was mended: it is done',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    await world.send(delivery({ target: '/hooks/github/wbe' }))
    t.equal((await world.send(delivery({ target: '/hooks/github/web' }))).status, 202)
    const restart = await world.send(delivery({ target: '/hooks/github/web/redeploy' }))
    t.equal(restart.status, 202, 'a restart in any case is other work')
    matchAll(t, restart.json, { tasks: [{ force: true }] })
    t.equal((await world.send(delivery({ target: '/hooks/github/web/redeploy' }))).status, 200, 'once')
  },
  { WEBHOOK_REDEPLOY: '1' },
)

journey(
  'a restart in any case is refused, unless its owner wants it: the path is not signed',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, OLD)
    const { status, json } = await world.send(delivery({ target: '/hooks/github/web/redeploy' }))
    t.equal(status, 403)
    t.match(json, { detail: /WEBHOOK_REDEPLOY=1/ })
    t.strictSame(world.tasks(), [])
  },
)

journey('nobody can use up an id without the secret', async (t, world) => {
  world.setUnit('web.service', IMAGE, OLD)
  t.equal((await world.send(delivery({ secret: 'another' }))).status, 401)
  t.equal((await world.send(delivery())).status, 202)
})
