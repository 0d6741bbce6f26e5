// Every kind of unit that podman can run, with every way in which an image can be bad: after the upgrade, a restart by hand,
// another run, a minute, a boot and an edit by the owner, each unit is up on a good image, so is whoever lives beside it, and
// the record says what happened.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Host } from './host.js'
import { GOOD, KINDS, WAYS, type Way, writeUnit } from './kinds-of-units.js'
import { installed, type Scope, type Site, TOKEN } from './site.js'

const REGISTRY = 'localhost:5000/way-back'
const SIDE = `${REGISTRY}/side:latest`
const AFTERCARE_SECS = 12

/** Imports once, and pushes under every name: a push of its own for each would take minutes. */
const PUSH = `
for place in /var/lib/containers /run/containers /run/libpod /dev/shm /tmp; do mkdir -p "$place"; mount -t tmpfs tmpfs "$place"; done
podman() { command podman --events-backend=none "$@"; }
change=$1 version=$2; shift 2
echo "$version" >/tmp/version
tar -c -C /usr/local/share/lab-image . -C /tmp ./version | podman import --quiet --change "$change" - first >/dev/null
for ref in "$@"; do podman tag first "$ref"; podman push --quiet "$ref"; done
podman image inspect --format '{{.Id}}' first`
const push = (host: Host, command: readonly string[], version: string, refs: readonly string[]) =>
  host.sh('exec unshare --mount /bin/sh -euc "$@"', {
    args: [PUSH, 'sh', `CMD ${JSON.stringify(command)}`, version, ...refs],
  })

interface Cell {
  readonly kind: string
  readonly way: Way
  readonly name: string
  readonly units: readonly string[]
  readonly mate: string | undefined
}

const imageOf = ({ name }: Cell, tag = 'latest'): string => `${REGISTRY}/${name}:${tag}`

/** LAB_CELLS=all runs every kind with every way, in both scopes (17 minutes on two fast processors, an hour on slow ones), LAB_KINDS="pair kube" some kinds. */
const chosen = process.env['LAB_KINDS']?.split(' ')
const isAll = chosen !== undefined || process.env['LAB_CELLS'] === 'all'
/** Otherwise: each kind with one way, the other ways with those kinds in which most of them differ, and less for a user. */
const MORE = ['plain-missing', 'plain-later', 'kube-later', 'pair-later', 'healthy-unhealthy']
/** Where a quadlet lies makes no difference to a drop-in of systemd: one of these places in each scope. */
const PLACES = ['plain-dies', 'dropin-dies', 'deep-dies', 'elsewhere-dies']
const ROOTLESS = ['elsewhere-dies', 'kube-dies', 'service-dies', 'plain-later']
const isTried = (scope: Scope, cell: string): boolean =>
  scope === 'rootless'
    ? ROOTLESS.includes(cell)
    : MORE.includes(cell) || (cell.endsWith('-dies') && !PLACES.includes(cell))

const cellsOf = (scope: Scope): Cell[] =>
  Object.entries(KINDS)
    .filter(([kind]) => chosen?.includes(kind) ?? true)
    .flatMap(([kind, { unit = (name: string) => name, pair, mate, checked }]) =>
      (Object.keys(WAYS) as Way[])
        .filter(
          way => (way !== 'unhealthy' || checked === true) && (isAll || isTried(scope, `${kind}-${way}`)),
        )
        .map((way): Cell => {
          const name = `${kind}-${way}`
          const second = `${name}-mate.service`
          const units = [`${unit(name)}.service`, ...(pair === true ? [second] : [])]
          return { kind, way, name, units, mate: mate === true ? second : undefined }
        }),
    )
const unitsOf = (cells: readonly Cell[]): string[] => cells.flatMap(({ units }) => units)

export function wayBack(scope: Scope): Promise<unknown> {
  return t.test(`${scope}: kinds of units, by ways to be bad`, async t => {
    const all = cellsOf(scope)
    const site = await installed(
      scope,
      `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS="${unitsOf(all).join(' ')}"
WEBHOOK_SETTLE_SECS=3
WEBHOOK_HEALTH_TIMEOUT_SECS=15
WEBHOOK_AFTERCARE_SECS=${AFTERCARE_SECS}
WEBHOOK_LIMIT1_COUNT=1000
WEBHOOK_LIMIT2_COUNT=1000
WEBHOOK_AUTO_UPDATE_UNIT=none.service
`,
    )
    t.teardown(() => site.host.stop())
    const good = await push(site.host, GOOD, 'good', [SIDE, ...all.map(cell => imageOf(cell))])
    const two = await push(
      site.host,
      GOOD,
      'two',
      all.map(cell => imageOf(cell, 'v2')),
    )
    await define(site, scope, all, 'latest')
    await site.start(...all.flatMap(({ units, mate }) => [...units, ...(mate === undefined ? [] : [mate])]))
    const plain = all.filter(({ kind }) => KINDS[kind]?.plain).flatMap(({ units }) => units)
    if (plain.length > 0) await site.sh(`${site.systemctl} enable ${plain.join(' ')}`)
    const since = await site.sh('date +%s')
    for (const [way, command] of Object.entries(WAYS)) {
      const cells = all.filter(cell => cell.way === way)
      if (cells.length === 0) continue
      await push(
        site.host,
        command,
        `bad ${way}`,
        cells.map(cell => imageOf(cell)),
      )
      await site.call('POST', '/api/v1/trigger', { units: cells.flatMap(({ units }) => units) })
      await settled(t, site, cells)
    }
    await records(t, site, all)
    await downTimes(t, site, all, since)
    const look = (when: string) => allUp(t, site, all, good, good, when)
    await look('after the upgrade')
    await restartAll(site, all)
    await sleep(8000) // longer than the bad images live
    await look('after a restart by hand')
    await site.program('--all >/dev/null || true')
    await look('after another run')
    await sleep(60_000)
    await look('a minute later')
    await site.host.powerOff()
    await site.host.powerOn()
    await sleep(10_000)
    const started = all.filter(({ kind }) => !KINDS[kind]?.noBoot)
    await allUp(t, site, started, good, good, 'after a boot')
    await define(site, scope, all, 'v2')
    await site.sh(`${site.systemctl} daemon-reload`)
    await restartAll(site, all)
    await sleep(8000)
    await allUp(t, site, all, two, good, 'after an edit by the owner')
    t.equal(await site.pins(), 0, 'which has ended every pin')
  })
}

/** Writes the files of every unit, for the image with the tag. */
async function define(site: Site, scope: Scope, cells: readonly Cell[], tag: string): Promise<void> {
  for (const cell of cells) {
    await writeUnit(site, KINDS[cell.kind], cell.name, { image: imageOf(cell, tag), side: SIDE, scope })
  }
}

/** A few at a time, as a person's playbook does it. What does not start is seen by the look after it. */
const restartAll = (site: Site, cells: readonly Cell[]): Promise<string> =>
  site.sh(
    // The members of a pod go down together, so they take turns.
    `printf '%s\\n' ${cells.map(({ units }) => units.join(',')).join(' ')} |
      xargs -P 2 -I UNITS sh -c 'echo UNITS | tr , "\\n" | xargs -n 1 ${site.systemctl} restart' || true`,
    900_000,
  )

/** Every task has ended, and the after-care of what seemed well has found it dead. */
async function settled(t: Test, site: Site, cells: readonly Cell[]): Promise<void> {
  const isOver = async () => {
    const tasks = await site.tasks()
    const back = new Set(tasks.filter(({ outcome }) => outcome === 'rolled-back').map(({ unit }) => unit))
    return (
      tasks.every(({ state }) => state === 'done') &&
      cells.every(({ units }) => units.some(unit => back.has(unit)))
    )
  }
  await site.host
    .waitFor('every task, and the after-care', isOver, 300_000)
    .catch(error => t.comment(String(error).split('\n')[0] ?? ''))
}

/** The last word about each is that it was rolled back; what seemed well at first was told so. */
async function records(t: Test, site: Site, cells: readonly Cell[]): Promise<void> {
  const tasks = await site.tasks()
  for (const { kind, units, way } of cells) {
    const own = tasks.filter(task => units.includes(task.unit)).map(({ outcome }) => outcome)
    if (units.length > 1) {
      t.ok(own.includes('rolled-back') && !own.includes('failed'), `${units[0]}: the record: ${own}`)
      continue
    }
    // One that dies after the watch was told to be well at first; on a slow host the watch may still see it die.
    const late = way === 'later' || (KINDS[kind]?.checked === true && way === 'dies')
    const told = late && own.length > 1 ? ['rolled-back', 'updated'] : ['rolled-back']
    t.strictSame(own, told, `${units[0]}: the record`)
  }
}

/** From the end of the container before to the start of the one that runs now, for images that do not last the watch. */
async function downTimes(t: Test, site: Site, all: readonly Cell[], since: string): Promise<void> {
  const died = await site.sh(
    `podman events --stream=false --since ${since} --filter event=died --format json`,
  )
  const inspected = JSON.parse(await site.sh('podman inspect $(podman ps --quiet)'))
  const events = died.split('\n').map(line => JSON.parse(line))
  for (const kind of new Set(all.map(({ kind }) => kind))) {
    const cells = all.filter(cell => cell.kind === kind && (cell.way === 'missing' || cell.way === 'dies'))
    const secs = cells
      .flatMap(({ units }) => units)
      .flatMap(unit => {
        const label = 'PODMAN_SYSTEMD_UNIT'
        const ends = events.filter(({ Attributes }) => Attributes?.[label] === unit).map(({ time }) => time)
        const starts = inspected
          .filter(({ Config }: { Config: { Labels?: object } }) => Config.Labels?.[label as never] === unit)
          .map(({ State }: { State: { StartedAt: string } }) => Date.parse(State.StartedAt) / 1000)
        return ends.length === 0 || starts.length === 0 ? [] : [Math.max(...starts) - Math.min(...ends)]
      })
      .sort((one, other) => one - other)
    const [median, worst] = [secs[Math.floor((secs.length - 1) / 2)], secs.at(-1)]
    t.comment(
      `down time of ${kind}: median ${median?.toFixed(1)} s, worst ${worst?.toFixed(1)} s (${secs.length})`,
    )
  }
}

/** `good` is what the units run, `beside` what those run that live beside them. */
async function allUp(
  t: Test,
  site: Site,
  cells: readonly Cell[],
  good: string,
  beside: string,
  when: string,
): Promise<void> {
  let right = 0
  const all = cells.flatMap(({ units, mate }) => [...units, ...(mate === undefined ? [] : [mate])])
  const states = (
    await site.sh(`${site.systemctl} show --property=ActiveState --value ${all.join(' ')}`)
  ).split(/\n+/)
  const running: { Labels?: Record<string, string>; ImageID: string }[] = JSON.parse(
    await site.sh('podman ps --format json'),
  )
  for (const { name, units, mate } of cells) {
    const wanted = [...units.map(unit => [unit, good]), ...(mate === undefined ? [] : [[mate, beside]])]
    const troubles: string[] = []
    for (const [unit = '', image = ''] of wanted) {
      const state = states[all.indexOf(unit)]
      const own = running.filter(({ Labels }) => Labels?.['PODMAN_SYSTEMD_UNIT'] === unit)
      const ids = own.map(({ ImageID }) => ImageID)
      if (state === 'active' && ids.includes(image)) continue
      troubles.push(`${unit}: ${state}, it runs ${ids.join(' ')}\n${await journal(site, unit)}`)
    }
    if (troubles.length === 0) right += 1
    else t.fail(`${name} ${when}: ${troubles.join('\n')}`)
  }
  t.equal(right, cells.length, `${right} of ${cells.length} cells are right ${when}`)
}

const journal = (site: Site, unit: string): Promise<string> =>
  site.sh(`${site.systemctl.replace('systemctl', 'journalctl')} -b --no-pager -n 30 -u ${unit}`)
