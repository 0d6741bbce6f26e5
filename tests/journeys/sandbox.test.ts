// In a sandbox that can gain no privileges podman does not work, so the manager is asked to run this program outside;
// what comes of it is the same.
import { execFileSync } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { matchAll } from '../support/match-all.js'
import { call } from '../support/request.js'
import { command, parse } from '../support/serve.js'
import { journey } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const TOKEN = 'a-token-of-the-sandbox-test'
const NO_QUADLET = { WEBHOOK_QUADLET_GENERATOR: '/bin/true' }

journey(
  'without a quadlet, and without privileges',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const outside = world.cli('units')
    const words = ['--no-new-privs', 'env', ...command(world.env, 'units', '--json')]
    const inside = JSON.parse(execFileSync('setpriv', words).toString())
    matchAll(t, inside, [{ unit: 'web.service', image: IMAGE, enabled_by: 'list' }])
    t.strictSame(inside, outside)
    const [asked, ...more] = world.calls('systemd-run')
    t.match(asked, / --wait --pipe .* -- \S*node \S+ units --json$/, 'this program is asked outside')
    t.strictSame(more, [], 'once: from there it goes no further')
  },
  NO_QUADLET,
)

journey(
  'a dry run of the API: what the sandbox cannot see is asked outside, and its answer was 502',
  async (t, world) => {
    world.setUnit('web.service', IMAGE, '0'.repeat(64))
    const request = join(world.dir, 'request')
    writeFileSync(request, call('POST', '/api/v1/trigger', TOKEN, { units: ['web'], dry_run: true }))
    const words = ['--no-new-privs', 'env', ...command(world.env, 'serve')]
    const { status, json } = parse(
      execFileSync('setpriv', words, { stdio: [openSync(request, 'r'), 'pipe', 'inherit'] }),
    )
    t.equal(status, 200)
    matchAll(t, json, { dry_run: true, plan: [{ unit: 'web.service', image: IMAGE }] })
    t.strictSame(world.calls('podman pull'), [], 'nothing is done')
  },
  { WEBHOOK_MANUAL_TOKEN: TOKEN },
)
