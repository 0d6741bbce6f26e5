// Whose container it is. A label tells nothing: any image may carry one, and whoever may start a container may give it one.
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)
const EVIL = 'e'.repeat(64)

/** A container that runs, and says of itself that it is a unit's. */
function addStranger(world: World, unit: string): void {
  const row = {
    Id: 'evil',
    Names: ['evil'],
    Image: 'ghcr.io/evil/app:latest',
    ImageID: EVIL,
    State: 'running',
    Labels: { PODMAN_SYSTEMD_UNIT: unit },
  }
  world.fake('strangers', JSON.stringify(row))
  world.fake(`images/${EVIL}`, '')
}

journey(
  "a stranger's container with the unit's label decided what the unit went back to",
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, NEW)
    addStranger(world, UNIT)
    world.fake(`bad-${NEW}`, 'failed\n')
    await run(world, 'web')
    matchAll(t, world.tasks(), [{ outcome: 'rolled-back', report: { old: { id: OLD }, new: { id: NEW } } }])
    t.equal(world.running(UNIT), OLD)
    t.notMatch(world.calls('podman tag').join('\n'), EVIL, 'it was not kept either')
  },
)

journey(
  'nor does it decide what the unit is said to run',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    addStranger(world, UNIT)
    matchAll(t, world.cli('units'), [{ unit: UNIT, image: IMAGE }])
    matchAll(t, world.cli('trigger', 'web', '--dry-run'), [{ unit: UNIT, running_image_id: OLD }])
  },
  { WEBHOOK_QUADLET_GENERATOR: '/bin/true' },
)

for (const [what, label] of [
  ['is the name of another unit', 'other.service'],
  ['cannot be the name of a unit', '../../etc/x*.service'],
  ['would be an option', '--version'],
] as const) {
  journey(
    `discovery took the label of a container for a unit: one that ${what}`,
    async (t, world) => {
      world.setUnit(UNIT, IMAGE, OLD)
      world.setUnit('other.service', IMAGE, '')
      addStranger(world, label)
      const found = world.cli('units').map(({ unit }) => unit)
      t.strictSame(found, [UNIT])
      t.notMatch(world.calls('systemctl').join('\n'), 'etc/x')
    },
    {
      WEBHOOK_QUADLET_GENERATOR: '/bin/true',
      WEBHOOK_MANUAL_UNITS: '',
      WEBHOOK_AUTO_DISCOVER: '1',
      WEBHOOK_DISCOVER_PATTERN: '*',
    },
  )
}
