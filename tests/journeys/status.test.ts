// `status`, and the bare command: every unit in a line, what is wrong first, and when the timer looks next.
import { matchAll } from '../support/match-all.js'
import { start } from '../support/program.js'
import { delivery } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const OLD = '0'.repeat(64)
const SETTINGS = { WEBHOOK_MANUAL_UNITS: 'web db' }

async function history(world: World): Promise<void> {
  world.setUnit('web.service', 'ghcr.io/acme/web:latest', OLD)
  world.setUnit('db.service', 'ghcr.io/acme/db:latest', OLD)
  world.setRegistry('ghcr.io/acme/web:latest', '1'.repeat(64))
  world.setRegistry('ghcr.io/acme/db:latest', OLD)
  await start(world, '--all').end
  world.fake('units/db.service/state', 'failed')
  const next = (Date.now() + 7_300_000) * 1000
  world.fake(
    'timer',
    JSON.stringify([{ next, left: next, last: 0, passed: 0, unit: 'pod-upgrade-trigger.timer' }]),
  )
}

for (const words of [[], ['status']]) {
  journey(
    `${words.join(' ') || 'the bare command'}: what is wrong comes first`,
    async (t, world) => {
      await history(world)
      const { exitCode, stdout, stderr } = await start(world, ...words).end
      t.equal(stderr, '')
      t.equal(exitCode, 0)
      const [head = '', first = '', second = '', timer = ''] = stdout.split('\n')
      t.match(head, /^UNIT +STATE +IMAGE +RUNS +SINCE +LAST UPGRADE$/)
      t.match(
        first,
        /^db +failed +ghcr\.io\/acme\/db:latest +000000000000 +\S+ +unchanged [0-9]+s ago: success$/,
      )
      t.match(second, /^web +ok +ghcr\.io\/acme\/web:latest +111111111111 +\S+ +updated [0-9]+s ago$/)
      t.equal(timer, 'next look by itself: in 2h')
    },
    SETTINGS,
  )
}

journey(
  'for programs',
  async (t, world) => {
    await history(world)
    const { stdout } = await start(world, 'status', '--json').end
    const { units, next_run_ms } = JSON.parse(stdout)
    t.ok(next_run_ms > Date.now())
    matchAll(t, units, [
      { unit: 'db.service', state: 'failed', running_image_id: OLD, last_task: { outcome: 'unchanged' } },
      {
        unit: 'web.service',
        state: 'ok',
        running_image_id: '1'.repeat(64),
        last_task: { outcome: 'updated' },
      },
    ])
  },
  SETTINGS,
)

journey(
  'nothing is enabled, and no timer runs: what to do',
  async (t, world) => {
    const { stdout } = await start(world, 'status').end
    t.match(stdout, /^no unit is enabled: pod-upgrade-trigger setup/)
    t.match(stdout, /the timer is not active: systemctl enable --now pod-upgrade-trigger\.timer\n$/)
    t.equal((await world.send(delivery())).status, 200)
  },
  { WEBHOOK_MANUAL_UNITS: '' },
)
