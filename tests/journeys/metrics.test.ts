// WEBHOOK_METRICS_FILE: when it is written, by whom it can be read, and that it changes nothing where it cannot be written.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../support/host.js'
import { matchAll } from '../support/match-all.js'
import { run, start, startHeld } from '../support/program.js'
import { delivery } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)

/** The directory of the collector, which is named once there is a world. */
function collected(world: World, file = 'collected/us.prom'): string {
  const path = join(world.dir, file)
  writeFileSync(world.env.WEBHOOK_ENV_FILE, `WEBHOOK_METRICS_FILE="${path}"\n`, { flag: 'a' })
  mkdirSync(join(world.dir, 'collected'))
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
  return path
}

/** Of one metric, those that are not 0. */
const told = (path: string, name: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line.startsWith(`pod_upgrade_trigger_${name}{`) && !line.endsWith(' 0'))
    .map(line => line.replace(/user="[^"]*",?/, '').replace(/^pod_upgrade_trigger_/, ''))

journey('a run of the timer: the file is whole, and the exporter may read it', async (t, world) => {
  const path = collected(world)
  const before = Date.now() / 1000
  await run(world, '--caller=timer')
  t.strictSame(readdirSync(join(world.dir, 'collected')), ['us.prom'], 'nothing is left beside it')
  t.equal((statSync(path).mode & 0o777).toString(8), '644', 'whatever our umask is')
  t.strictSame(told(path, 'upgrades_total'), ['upgrades_total{unit="web.service",outcome="updated"} 1'])
  t.strictSame(told(path, 'unit_state'), ['unit_state{unit="web.service",state="ok"} 1'])
  t.strictSame(told(path, 'tasks'), [])
  const steps = told(path, 'last_upgrade_duration_seconds').map(line => /step="(\w+)"/.exec(line)?.[1])
  t.strictSame(steps.sort(), ['keep', 'look', 'pull', 'restart', 'watch'])
  for (const name of ['last_timer_run', 'last_success', 'written']) {
    const [line = ''] = told(path, `${name}_timestamp_seconds`)
    const secs = Number(line.split(' ')[1])
    t.ok(secs >= before && secs <= Date.now() / 1000, line)
  }
})

journey('a task of a request: told by the process that has run it', async (t, world) => {
  const path = collected(world)
  world.fake('run-tasks', '')
  t.equal((await world.send(delivery())).status, 202)
  await waitFor('the file', () => existsSync(path))
  t.strictSame(told(path, 'upgrades_total'), ['upgrades_total{unit="web.service",outcome="updated"} 1'])
  t.strictSame(told(path, 'tasks'), [], 'it waits no more')
  t.strictSame(told(path, 'last_timer_run_timestamp_seconds'), [], 'it was not the timer')
  t.equal(world.read('tasks.log'), '', 'without a warning')
})

journey('refused requests are in the next file', async (t, world) => {
  const path = collected(world)
  for (const secret of ['another', 'guess']) await world.send(delivery({ secret }))
  await run(world)
  t.strictSame(told(path, 'refused_requests_total'), ['refused_requests_total{status="401"} 2'])
})

journey('what a person decides is told at once', async (t, world) => {
  const path = collected(world)
  world.fake('units/web.service/state', 'inactive\n')
  await run(world, 'web')
  t.strictSame(told(path, 'unit_state'), ['unit_state{unit="web.service",state="down"} 1'])
  world.remove('units/web.service/state')
  await start(world, 'hold', 'web', '--reason', 'audit').end
  t.strictSame(told(path, 'unit_state'), ['unit_state{unit="web.service",state="held"} 1'])
  await start(world, 'release', 'web').end
  t.strictSame(told(path, 'unit_state'), ['unit_state{unit="web.service",state="ok"} 1'])
})

journey(
  'its directory is not there: a warning that says what to do, and the upgrade is what it was',
  async (t, world) => {
    collected(world, 'nowhere/us.prom')
    const { exitCode, stderr, tasks } = await run(world)
    t.equal(exitCode, 0)
    t.match(
      stderr,
      /^<4>WEBHOOK_METRICS_FILE: cannot write \S+\/nowhere\/us\.prom: ENOENT.*; create \S+\/nowhere, or name /m,
    )
    matchAll(t, tasks, [{ outcome: 'updated' }])
    matchAll(t, world.tasks(), [{ state: 'done', outcome: 'updated' }])
  },
)

journey(
  'a link in its place beside the file is not followed, and a failure leaves nothing',
  async (t, world) => {
    const path = collected(world)
    const victim = join(world.dir, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, `${path}.new`)
    await run(world)
    t.equal(readFileSync(victim, 'utf8'), 'precious')
    t.strictSame(told(path, 'unit_state'), ['unit_state{unit="web.service",state="ok"} 1'])
    rmSync(path)
    mkdirSync(path)
    const { exitCode, stderr } = await run(world)
    t.match(
      stderr,
      /^<4>WEBHOOK_METRICS_FILE: cannot write \S+us\.prom: EISDIR.*; look at \S+collected, or name/m,
    )
    t.equal(exitCode, 0)
    t.strictSame(readdirSync(join(world.dir, 'collected')), ['us.prom'])
  },
)

journey('podman does not answer the look: a warning, and the file of before stays', async (t, world) => {
  const path = collected(world)
  await run(world)
  const asked = world.calls('podman ps').length
  await run(world)
  const before = readFileSync(path, 'utf8')
  const held = await startHeld(world, 'podman-ps', world.calls('podman ps').length - asked)
  world.fake('fail-ps', 'Error: database is locked\n')
  world.fake('go', '')
  const { exitCode, stderr } = await held.end
  t.match(
    stderr,
    /^<4>WEBHOOK_METRICS_FILE: \S+ is not written: podman ps: exit status 125: .*database is locked$/m,
  )
  t.equal(exitCode, 0)
  t.equal(readFileSync(path, 'utf8'), before)
})

journey('without the variable nothing is written, and nothing is asked for it', async (t, world) => {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, OLD)
  await run(world)
  t.notMatch(world.calls('systemctl').join('\n'), 'pod-upgrade-trigger.timer')
})
