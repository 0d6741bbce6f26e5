// In a sandbox that can gain no privileges podman does not work, so the manager is asked to run it outside; what comes
// of it is the same.
import { execFileSync } from 'node:child_process'
import { command } from '../support/serve.js'
import { journey } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const NO_QUADLET = { WEBHOOK_QUADLET_GENERATOR: '/bin/true' }

journey(
  'without a quadlet, and without privileges',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const outside = world.cli('units')
    const asked = ['--no-new-privs', 'env', ...command(world.env, 'units', '--json')]
    const inside = JSON.parse(execFileSync('setpriv', asked).toString())
    t.match(inside, [{ unit: 'web.service', image: IMAGE, enabled_by: 'list' }])
    t.strictSame(inside, outside)
    t.strictSame(world.calls('systemd-run'), [
      'systemd-run --quiet --collect --wait --pipe --slice=pod-upgrade-trigger.slice --' +
        ' podman ps --all --no-trunc --format=json',
    ])
  },
  NO_QUADLET,
)
