// Bad images on a real host: what is said of each, and what its unit runs ten seconds later. LAB_COMPARE=1 pairs every unit with
// one that is alike, but is upgraded by podman auto-update, and prints what became of both. Rootful and rootless are files of
// their own, so that they run side by side: they are the longest of the lab.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { bootHost, type Host } from './host.js'

const REGISTRY = 'localhost:5000/lab'
const UP = `trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done`
const GOOD = ['sh', '-c', `touch /tmp/ok; ${UP}`]
const DIES = ['sh', '-c', 'exit 3']
const DIES_LATER = ['sh', '-c', 'touch /tmp/ok; sleep 4; exit 3']
const NEVER_HEALTHY = ['sh', '-c', UP]

const COMPARED = process.env['LAB_COMPARE'] === '1'
const HEALTH = 'HealthCmd=test -f /tmp/ok\nHealthInterval=1s\nHealthRetries=3\n'
const KILL = 'HealthOnFailure=kill\n'
const NOTIFY = `Notify=healthy\n${HEALTH}`
const SHORT_START = 'TimeoutStartSec=20\n'

/** The reason, the bad image's command, and what the unit adds to [Container] and to [Service]. */
const CASES: readonly (readonly [string, readonly string[], string, string])[] = [
  ['command missing', ['/nonexistent'], '', ''],
  ['dies at once', DIES, '', ''],
  ['dies after 4 s', DIES_LATER, '', ''],
  ['dies after 4 s, Restart=always', DIES_LATER, '', 'Restart=always\n'],
  ['never healthy', NEVER_HEALTHY, HEALTH, ''],
  ['never healthy, killed', NEVER_HEALTHY, HEALTH + KILL, ''],
  ['Notify=healthy, dies at once', DIES, NOTIFY, SHORT_START],
  ['Notify=healthy, never healthy', NEVER_HEALTHY, NOTIFY, SHORT_START],
  ['Notify=healthy, Restart=always', NEVER_HEALTHY, NOTIFY, `${SHORT_START}Restart=always\n`],
  ['Notify=healthy, killed', NEVER_HEALTHY, NOTIFY + KILL, SHORT_START],
]

interface Scope {
  readonly name: string
  readonly sh: (script: string) => Promise<string>
  readonly host: Host
  readonly manager: string
  readonly conf: string
  readonly as: { readonly user?: 'alice' }
}

const ours = (index: number): string => `ours${index}`
const theirs = (index: number): string => `theirs${index}`

const unitsOf = (index: number): string[] => [ours(index), ...(COMPARED ? [theirs(index)] : [])]

export function testBadImages(name: 'rootful' | 'rootless'): void {
  t.test(`${name}: a bad image never leaves a service down`, async t => {
    const host = await bootHost()
    t.teardown(() => host.stop())
    const scope = scopeOf(host, name)
    await setUp(scope)
    const bad = await pushBad(scope)
    const verdicts: Verdict[] = COMPARED
      ? JSON.parse(await scope.sh('podman auto-update --format=json || true'))
      : []
    await program(scope, '--all --json >/dev/null || true')
    const tasks = JSON.parse(await program(scope, 'tasks --json --limit 100')) as Task[]
    await sleep(10_000) // the "ten seconds later" of the table: long enough for a crash that comes late
    if (COMPARED) {
      const rows = CASES.map(([reason], index) => row(scope, reason, index, verdicts, tasks))
      t.comment(table(await Promise.all(rows)))
    }

    for (const [index, [reason]] of CASES.entries()) {
      const task = tasks.find(({ unit }) => unit === `${ours(index)}.service`)
      t.equal(task?.outcome, 'rolled-back', `${reason}: is told as rolled back`)
      t.type(task?.report.why, 'string', `${reason}: with a reason`)
      t.equal(await active(scope, ours(index)), 'active', `${reason}: the unit is up`)
      t.equal(await imageOf(scope, ours(index)), task?.report.old.id, `${reason}: on the image before`)
    }

    const again = JSON.parse(await program(scope, '--all --json')) as Task[]
    for (const task of again) t.match(task, { outcome: 'skipped', report: { why: /known bad/ } }, task.unit)

    await scope.sh(CASES.map((_, index) => `${scope.manager} restart ${ours(index)}.service`).join('; '))
    for (const index of CASES.keys()) {
      t.not(
        await imageOf(scope, ours(index)),
        bad[index],
        'a restart by hand does not bring the bad image back',
      )
    }
    const good = await Promise.all(CASES.map((_, index) => push(scope, index, 'fixed', GOOD)))
    const fixed = JSON.parse(await program(scope, '--all --json')) as Task[]
    for (const task of fixed) t.equal(task.outcome, 'updated', `${task.unit} takes the fixed image`)
    for (const index of CASES.keys()) t.equal(await imageOf(scope, ours(index)), good[index])
    t.equal(
      await scope.sh(`ls ${scope.conf}/containers/systemd | grep conf || true`),
      '',
      'no drop-in is left',
    )
  })
}

interface Verdict {
  readonly Unit: string
  readonly Updated: string
}

interface Task {
  readonly unit: string
  readonly outcome: string
  readonly report: { readonly why?: string; readonly old: { readonly id: string } }
}

function scopeOf(host: Host, name: string): Scope {
  const as = name === 'rootless' ? { user: 'alice' as const } : {}
  return {
    name,
    host,
    as,
    sh: script => host.sh(script, { ...as, timeoutMs: 600_000 }),
    manager: name === 'rootless' ? 'systemctl --user' : 'systemctl',
    conf: name === 'rootless' ? '/home/alice/.config' : '/etc',
  }
}

const program = ({ sh }: Scope, command: string): Promise<string> =>
  sh(`PATH="$HOME/.local/bin:/usr/local/bin:$PATH" pod-upgrade-trigger ${command}`)

/** Installs, and starts the units of every case on a good image. */
async function setUp(scope: Scope): Promise<void> {
  const { sh, host, manager, conf, as } = scope
  await sh(`make -C /src ${scope.name === 'rootless' ? 'install-user' : 'install'}`)
  const units = CASES.map((_, index) => ours(index)).join(' ')
  await host.write(
    `${conf}/pod-upgrade-trigger/env`,
    `WEBHOOK_MANUAL_UNITS="${units}"\nWEBHOOK_HEALTH_TIMEOUT_SECS=8\nWEBHOOK_SETTLE_SECS=6\n` +
      'WEBHOOK_AUTO_UPDATE_UNIT=none.service\n',
    as,
  )
  for (const [index, [, , container, service]] of CASES.entries()) {
    await push(scope, index, '1', GOOD)
    for (const unit of unitsOf(index)) {
      const label = unit === theirs(index) ? 'AutoUpdate=registry\n' : ''
      const text = `[Container]\nImage=${REGISTRY}/${unit}:latest\nNetwork=none\nPodmanArgs=--stop-timeout=1\n${label}${container}[Service]\n${service}`
      await host.write(`${conf}/containers/systemd/${unit}.container`, text, as)
    }
  }
  await sh(`${manager} daemon-reload`)
  // One after another: many first pulls at once are not what is tested here.
  const all = CASES.flatMap((_, index) => unitsOf(index)).join(' ')
  await sh(`for unit in ${all}; do ${manager} start $unit || { ${manager} status $unit; exit 1; }; done`)
}

/** Pushes one version for the units of a case. Gives the id of ours. */
async function push(
  { host }: Scope,
  index: number,
  version: string,
  cmd: readonly string[],
): Promise<string> {
  if (COMPARED)
    await host.pushImage(`${REGISTRY}/${theirs(index)}:latest`, { version: `${version}-theirs${index}`, cmd })
  return host.pushImage(`${REGISTRY}/${ours(index)}:latest`, { version: `${version}-ours${index}`, cmd })
}

async function pushBad(scope: Scope): Promise<string[]> {
  const ids: string[] = []
  for (const [index, [, cmd]] of CASES.entries()) ids.push(await push(scope, index, 'bad', cmd))
  return ids
}

const active = ({ sh, manager }: Scope, unit: string): Promise<string> =>
  sh(`${manager} show --property=ActiveState --value ${unit}.service`)

const imageOf = ({ sh }: Scope, unit: string): Promise<string> =>
  sh(
    `podman ps --no-trunc --filter label=PODMAN_SYSTEMD_UNIT=${unit}.service --format '{{.ImageID}}' | sed s/^sha256://`,
  )

async function row(
  scope: Scope,
  reason: string,
  index: number,
  verdicts: Verdict[],
  tasks: Task[],
): Promise<string[]> {
  const theirVerdict = verdicts.find(({ Unit }) => Unit === `${theirs(index)}.service`)?.Updated ?? '(none)'
  const ourVerdict = tasks.find(({ unit }) => unit === `${ours(index)}.service`)?.outcome ?? '(none)'
  return [
    reason,
    theirVerdict,
    await active(scope, theirs(index)),
    ourVerdict,
    await active(scope, ours(index)),
  ]
}

function table(rows: readonly string[][]): string {
  const head = ['case', 'auto-update says', 'its unit is', 'we say', 'our unit is']
  return [head, ...rows].map(cells => cells.map(cell => cell.padEnd(32)).join('')).join('\n')
}
