// `doctor` on hosts that are well and hosts that are not: every check is made whatever the others find, the exit status
// says whether anything is a problem, and no secret is ever said.
import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { SENDER_NAMES, secretVariable } from '../../lib/config/sender-names.js'
import { withStore } from '../../lib/store/session.js'
import { waitFor } from '../support/host.js'
import { freePort, listen } from '../support/listen.js'
import { matchAll } from '../support/match-all.js'
import { start } from '../support/program.js'
import { SECRET } from '../support/request.js'
import { BINARY } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const SIGNING = `whsec_${Buffer.from('a signing key of the tests').toString('base64')}`
const IMAGE = 'ghcr.io/acme/web:latest'
const LOADED = 'LoadState=loaded\nNeedDaemonReload=no\n'
const ACTIVE = `${LOADED}ActiveState=active\nUnitFileState=enabled\n`
const UNITS = ['.socket', '.timer', '.service', '@doctor.service'].map(end => `pod-upgrade-trigger${end}`)

interface Finding {
  readonly check: string
  readonly verdict: string
  readonly detail: string
  readonly mend?: string
}

/** Everything as it should be, but that nobody listens on the port. */
function well(world: World, port = 1): void {
  for (const unit of UNITS) world.fake(`show-${unit}`, ACTIVE)
  world.fake('show-pod-upgrade-trigger.socket', `${ACTIVE}Listen=127.0.0.1:${port} (Stream)\n`)
  const lines = [
    `ExecStart=${process.execPath} ${BINARY} serve`,
    `Environment=WEBHOOK_ENV_FILE=${world.dir}/env`,
  ]
  world.fake('cat-pod-upgrade-trigger@.service', `[Service]\n${lines.join('\n')}\n`)
  world.setUnit('web.service', IMAGE, '0'.repeat(64))
  world.setRegistry(IMAGE, '1'.repeat(64))
  chmodSync(join(world.dir, 'env'), 0o600)
  withStore(world.stateDir, ({ events, rateLimits, image }) => [events, rateLimits, image(IMAGE)])
  chmodSync(world.stateDir, 0o700)
}

async function doctor(t: Test, world: World, ...options: string[]) {
  const { exitCode, stdout, stderr } = await start(world, 'doctor', '--json', ...options).end
  for (const text of [stdout, stderr]) t.notMatch(text, SECRET)
  const findings: Finding[] = JSON.parse(stdout)
  const verdicts = Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]))
  const of = (check: string) => findings.find(finding => finding.check === check)
  const wrong = findings.filter(({ verdict }) => verdict !== 'ok').map(({ check }) => check)
  return { exitCode, stderr, findings, verdicts, of, wrong }
}

async function listening(t: Test, world: World): Promise<{ port: number; activator: ChildProcess }> {
  const port = await freePort()
  const { activator, log } = listen(world, port)
  t.teardown(() => activator.kill())
  await waitFor('the listener', () => log().includes('Listening on'))
  return { port, activator }
}

const CHECKS =
  'node configuration secrets files manager podman quadlet flock clock state way-back installed socket timer delivery units'

journey('a host that is well: a real ping is answered', async (t, world) => {
  const { port, activator } = await listening(t, world)
  well(world, port)
  const { exitCode, verdicts, of, findings } = await doctor(t, world)
  t.strictSame(Object.keys(verdicts), [...CHECKS.split(' '), 'web.service'])
  t.strictSame(
    findings.filter(({ verdict }) => verdict !== 'ok'),
    [],
  )
  t.equal(exitCode, 0)
  t.match(of('delivery')?.detail, `answered 200 by 127.0.0.1 port ${port}`)
  t.match(of('state')?.detail, /3 databases intact/)
  await waitFor('its event', () => world.events().length === 1)
  matchAll(t, world.events(), [{ status: 200, meta: { ignored: 'ping' } }])
  t.strictSame(world.calls('podman pull'), [])
  t.strictSame(world.calls('systemctl restart'), [])
  activator.kill()
})

journey('a secret that is not the one of the units', async (t, world) => {
  const { port, activator } = await listening(t, world)
  well(world, port)
  writeFileSync(
    join(world.dir, 'other'),
    `GITHUB_WEBHOOK_SECRET=${'other'.repeat(5)}\nWEBHOOK_STATE_DIR=${world.stateDir}\n`,
  )
  chmodSync(join(world.dir, 'other'), 0o600)
  const elsewhere = { ...world, env: { ...world.env, WEBHOOK_ENV_FILE: join(world.dir, 'other') } }
  const { exitCode, of } = await doctor(t, elsewhere)
  t.equal(exitCode, 1)
  t.match(of('delivery'), { verdict: 'problem', detail: /401/ })
  t.match(of('configuration'), {
    verdict: 'warning',
    mend: /^WEBHOOK_ENV_FILE=.*\/env pod-upgrade-trigger doctor$/,
  })
  activator.kill()
})

journey(
  'every sender with a secret: each is tried by a test of its own, which asks for nothing',
  async (t, world) => {
    const { port, activator } = await listening(t, world)
    well(world, port)
    const { exitCode, findings, wrong } = await doctor(t, world)
    t.strictSame(wrong, [])
    t.equal(exitCode, 0)
    const tried = findings.filter(({ check }) => check === 'delivery').map(({ detail }) => detail)
    t.strictSame(
      tried.map(detail => /^a test of \/hooks\/([a-z]+) was answered 200/.exec(detail)?.[1]),
      [...SENDER_NAMES],
    )
    await waitFor('their events', () => world.events().length === SENDER_NAMES.length)
    t.strictSame([...new Set(world.events().map(({ status }) => status))], [200])
    t.strictSame(world.tasks(), [])
    activator.kill()
  },
  Object.fromEntries(
    SENDER_NAMES.map(name => [secretVariable(name), name === 'standard' ? SIGNING : `${name} ${SECRET}`]),
  ),
)

journey(
  'a sender whose proof nobody here can make is said to be one',
  async (t, world) => {
    const { port, activator } = await listening(t, world)
    well(world, port)
    const { findings } = await doctor(t, world)
    const told = findings.filter(({ check }) => check === 'delivery').map(({ verdict }) => verdict)
    t.strictSame(told, ['ok', 'warning'])
    activator.kill()
  },
  { STANDARD_WEBHOOK_SECRET: 'whpk_SAIRdYgJ7kkCtd60jf/fXqO1vpYqRluqInwOWHhctqo=' },
)

journey('nobody answers', async (t, world) => {
  well(world, await freePort())
  const { exitCode, wrong, of } = await doctor(t, world)
  t.equal(exitCode, 1)
  t.strictSame(wrong, ['delivery'])
  t.match(of('delivery')?.detail, /ECONNREFUSED/)
})

journey('warnings alone are no failure', async (t, world) => {
  well(world)
  world.fake('show-pod-upgrade-trigger.timer', `${LOADED}ActiveState=inactive\n`)
  world.fake('show-pod-upgrade-trigger.socket', `${ACTIVE}Listen=/x (Datagram)\n`)
  world.fake('ntp', 'no\n')
  const { exitCode, wrong } = await doctor(t, world)
  t.equal(exitCode, 0)
  t.strictSame(wrong, ['clock', 'timer', 'delivery'])
})

journey(
  'every mistake of a configuration, and all the checks that do not need one',
  async (t, world) => {
    well(world)
    const { exitCode, verdicts, of } = await doctor(t, world)
    t.equal(exitCode, 1)
    t.strictSame(Object.keys(verdicts), CHECKS.split(' '))
    t.match(
      of('configuration')?.detail,
      /WEBHOOK_SETTLE_SECS must.*; WEBHOOK_LIMIT1_COUNT|WEBHOOK_LIMIT1_COUNT.*; WEBHOOK_SETTLE_SECS/,
    )
    for (const check of ['secrets', 'state', 'delivery', 'units']) t.match(of(check)?.detail, /^not checked/)
    for (const check of [
      'node',
      'files',
      'manager',
      'podman',
      'flock',
      'clock',
      'installed',
      'socket',
      'timer',
    ])
      t.equal(verdicts[check], 'ok', check)
  },
  { WEBHOOK_SETTLE_SECS: 'x', WEBHOOK_LIMIT1_COUNT: '-1' },
)

journey(
  'nothing is as it should be, and all of it is found',
  async (t, world) => {
    world.fake('manager', 'offline\n')
    world.fake('fail-info', `Error: the storage is broken; ${SECRET}\n`)
    chmodSync(join(world.dir, 'env'), 0o644)
    mkdirSync(world.stateDir, { mode: 0o755 })
    chmodSync(world.stateDir, 0o755)
    const { exitCode, verdicts, of } = await doctor(t, world)
    t.equal(exitCode, 1)
    for (const check of ['manager', 'linger', 'podman', 'files', 'quadlet', 'installed', 'socket'])
      t.equal(verdicts[check], 'problem', check)
    for (const check of ['state', 'timer', 'delivery']) t.equal(verdicts[check], 'warning', check)
    t.match(of('podman')?.detail, /the storage is broken; \[secret\]/)
    t.equal(verdicts['units'], 'problem', 'the generator is needed for them')
    world.remove('fail-info') // which holds the secret by itself
  },
  { WEBHOOK_SCOPE: 'user', WEBHOOK_QUADLET_GENERATOR: '/bin/false' },
)

journey('a damaged database: it is found, kept and told of again', async (t, world) => {
  well(world)
  writeFileSync(join(world.stateDir, 'events.db'), 'this is no database at all'.repeat(100))
  const first = await doctor(t, world)
  t.equal(first.exitCode, 1)
  const [kept = ''] = readdirSync(world.stateDir).filter(name => name.includes('.corrupt-'))
  t.match(first.of('state'), { verdict: 'problem', detail: new RegExp(kept), mend: /\.recover/ })
  t.match((await doctor(t, world)).of('state'), { verdict: 'warning', detail: new RegExp(kept) })
})

journey(
  'GitHub Actions: which jobs may what, and whether there are keys to judge them by',
  async (t, world) => {
    well(world)
    const before = await doctor(t, world)
    t.equal(before.verdicts['actions'], 'warning')
    t.match(
      before.of('actions')?.detail,
      /^may upgrade: 1296269 refs\/heads\/main: web\.service; .*not here yet/,
    )
    writeFileSync(join(world.stateDir, 'keys-actions.json'), '{}')
    t.match((await doctor(t, world)).of('actions')?.detail, /keys are 0 h old$/)
  },
  { WEBHOOK_PUBLIC_URL: 'https://hooks.example.org', ACTIONS_ALLOW: '1296269 refs/heads/main web' },
)

journey('a state that is not there is not made', async (t, world) => {
  const { verdicts } = await doctor(t, world)
  t.equal(verdicts['state'], 'ok')
  t.notOk(existsSync(world.stateDir))
})

journey('for people: a line for each, no colours where no terminal is', async (t, world) => {
  well(world)
  const { stdout, exitCode } = await start(world, 'doctor').end
  t.equal(exitCode, 1)
  t.match(stdout, /^ok +node +v/)
  t.match(stdout, /^problem +delivery .*\n +-> journalctl -t pod-upgrade-trigger/m)
  t.match(stdout, /^1 problem, 0 warnings, 16 ok\n$/m)
  t.notMatch(stdout, '\u001b')
})

journey('a push that would not arrive: the registry is asked as the unit would ask it', async (t, world) => {
  well(world)
  const rows: readonly (readonly [said: string, verdict: string, detail: RegExp])[] = [
    ['dial tcp 1.2.3.4:443: connection refused', 'problem', /ghcr\.io does not answer: .*refused/],
    ['reading manifest latest: manifest unknown', 'problem', /ghcr\.io has no ghcr\.io\/acme\/web:latest/],
    ['unauthorized: authentication required', 'problem', /refuses .* no login for it/],
  ]
  for (const [said, verdict, detail] of rows) {
    world.fake('fail-manifest', `Error: ${said}\n`)
    const { of, exitCode } = await doctor(t, world)
    t.match(of('web.service'), { verdict, detail, mend: /\w/ })
    t.equal(exitCode, 1, said)
  }
  const { of } = await doctor(t, world, '--offline')
  t.match(of('web.service'), { verdict: 'ok', detail: /way back to be proven before its next restart$/ })
  t.equal(world.calls('podman manifest inspect').length, rows.length, 'offline, none is asked')
  world.remove('fail-manifest')
  world.fake('manifest', '{"manifests":[{"platform":{"os":"linux","architecture":"mips"}}]}')
  t.match((await doctor(t, world)).of('web.service'), { verdict: 'problem', detail: /but for linux\/mips/ })
  t.strictSame(world.calls('podman pull'), [], 'nothing is pulled')
})

journey('a way back that an upgrade has proven is told as one', async (t, world) => {
  well(world)
  t.match(await start(world, 'trigger', 'web').end, { exitCode: 0 })
  const { of } = await doctor(t, world, '--offline')
  t.match(of('web.service'), { verdict: 'ok', detail: /way back proven$/ })
})

journey(
  'of several units, a registry that is silent is asked once',
  async (t, world) => {
    well(world)
    world.setUnit('api.service', 'ghcr.io/acme/api:1', '0'.repeat(64))
    world.fake('fail-manifest', 'Error: dial tcp: i/o timeout\n')
    const { of } = await doctor(t, world)
    for (const unit of ['web.service', 'api.service']) t.match(of(unit)?.detail, /ghcr\.io does not answer/)
    t.equal(world.calls('podman manifest inspect').length, 1)
  },
  { WEBHOOK_MANUAL_UNITS: 'web.service api.service' },
)

journey(
  'another program has the port: who, and another port for the socket and the proxy',
  async (t, world) => {
    well(world)
    world.fake(
      'show-pod-upgrade-trigger.socket',
      `${LOADED}ActiveState=failed\nListen=127.0.0.1:9787 (Stream)\n`,
    )
    world.fake('listener', 'LISTEN 0 511 127.0.0.1:9787 0.0.0.0:* users:(("nginx",pid=7,fd=18))\n')
    const { of } = await doctor(t, world)
    t.match(of('socket'), { verdict: 'problem', detail: /taken by nginx \(pid 7\)/, mend: /9788/ })
    const { stdout } = await start(world, 'doctor').end
    t.match(stdout, /-> mkdir -p .*\n +-> and in the proxy: 127\.0\.0\.1:9788/)
  },
)
