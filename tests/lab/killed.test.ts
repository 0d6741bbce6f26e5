// A task killed at each of its steps on a real host, and the host's power cut at some: after the next --all the unit runs
// a good image and the record is true. The steps are stopped at by wrappers of podman and systemctl, first on the PATH of
// the manager, which wait once where they are told to; units themselves start /usr/bin/podman.
import t, { type Test } from 'tap'
import { matchAll } from '../support/match-all.js'
import { installed, type Scope, type Site, type Task, TOKEN } from './site.js'

const IMAGE = 'localhost:5000/killed/web:latest'
const ENV = `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS=web
WEBHOOK_SETTLE_SECS=2
WEBHOOK_HEALTH_TIMEOUT_SECS=10
WEBHOOK_AUTO_UPDATE_UNIT=none.service
WEBHOOK_LIMIT1_COUNT=1000
WEBHOOK_LIMIT2_COUNT=1000
`

/**
 * $run/hold has the beginning of a command line, and when: before it runs, or after. Of two that run at once one is held. $run/arm
 * has the same below the beginning of a command line that has to run before.
 */
const WRAPPER = `#!/bin/sh
run=\${XDG_RUNTIME_DIR:-/run}
line="\${0##*/} $*"
hold() {
  { read -r command && read -r when; } 2>/dev/null <$run/hold || return 0
  [ "$when" = "$1" ] || return 0
  case "$line" in "$command"*) ;; *) return 0 ;; esac
  mv $run/hold $run/held 2>/dev/null && sleep 1000
}
hold before
"/usr/bin/\${0##*/}" "$@"
status=$?
hold after
{ read -r first && read -r command && read -r when; } 2>/dev/null <$run/arm && case "$line" in "$first"*)
  rm $run/arm && printf '%s\\n%s\\n' "$command" "$when" >$run/hold ;;
esac
exit $status
`

/** Of root, or of alice, for a shell. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
const RUN = '${XDG_RUNTIME_DIR:-/run}'

/** Ended by a SIGKILL, and taken up by the next --all; or by a power cut; or with nobody who takes it up but systemd. */
type How = 'kill' | 'power' | 'alone'
type Point = readonly [step: string, command: string, when: 'before' | 'after', how?: How, since?: string]

const FORWARD: readonly Point[] = [
  ['look', 'podman ps', 'before'],
  ['keep', 'podman tag', 'before'],
  ['keep, done', 'podman tag', 'after'],
  ['proof, in place', 'systemctl daemon-reload', 'before', 'power'],
  ['proof, loaded', 'systemctl daemon-reload', 'after'],
  ['pull', 'podman pull', 'before'],
  ['pull, done', 'podman pull', 'after', 'power'],
  ['restart', 'systemctl restart', 'before'],
  ['restart, done', 'systemctl restart', 'after'],
  ['watch', 'podman ps', 'after', 'power', 'systemctl restart'],
]
const BACK: readonly Point[] = [
  ['rollback, pinned', 'systemctl daemon-reload', 'before'],
  ['rollback, reloaded', 'systemctl daemon-reload', 'after', 'power'],
  ['rollback, reloaded', 'systemctl daemon-reload', 'after', 'alone'],
]

for (const scope of (process.env['LAB_SCOPES']?.split(' ') ?? ['rootful']) as Scope[]) {
  t.test(`${scope}: a task killed at each step`, async t => {
    const site = await installed(scope, ENV)
    t.teardown(() => site.host.stop())
    for (const name of ['podman', 'systemctl']) {
      await site.host.write(`/usr/local/sbin/${name}`, WRAPPER, { mode: '755' })
    }
    await site.host.pushImage(IMAGE, { version: '1' })
    await site.container('web', IMAGE, '[Install]\nWantedBy=default.target\n')
    await site.start('web')
    let version = 1
    for (const point of FORWARD) {
      const id = await site.host.pushImage(IMAGE, { version: String(++version) })
      await story(t, site, point, async (t, before, task) => {
        t.equal(await site.runs('web.service'), id, 'the new image runs')
        t.match(task, { outcome: 'updated', attempts: 2, report: { old: { id: before }, new: { id } } })
      })
    }
    for (const point of [...FORWARD.slice(-2), ...BACK]) {
      await site.program('release web') // so that the first reload is the one of the way back
      const id = await site.host.pushImage(IMAGE, { version: String(++version), cmd: ['sh', '-c', 'exit 3'] })
      await story(t, site, bad(point), async (t, before, task) => {
        t.equal(await site.runs('web.service'), before, 'the image before runs')
        t.match(task, { outcome: 'rolled-back', attempts: 2, report: { old: { id: before }, new: { id } } })
        matchAll(t, await run(site), [{ outcome: 'skipped' }], 'and the bad one is known')
      })
    }
  })
}

const HOW = { kill: '', power: ', by a power cut', alone: ', and nobody comes' }
const bad = ([step, ...point]: Point): Point => [`a bad image, ${step}`, ...point]

const run = async (site: Site): Promise<Task[]> => JSON.parse(await site.program('--all --json || true'))

async function story(
  t: Test,
  site: Site,
  [step, command, when, how = 'kill', since]: Point,
  ends: (t: Test, before: string, task: Task | undefined) => Promise<unknown>,
): Promise<void> {
  await t.test(`${step}${HOW[how]}`, async t => {
    const before = await site.runs('web.service')
    const line = (text: string) => text.replace('systemctl', site.systemctl)
    const armed = since === undefined ? [] : [line(since)]
    // A way back that is proven is not tried again.
    if (step.startsWith('proof'))
      await site.sh(
        `rm -f /etc/systemd/system/web.service.d/*.ready ~/.config/systemd/user/web.service.d/*.ready`,
      )
    const words = [...armed, line(command), when].map(word => `'${word}'`).join(' ')
    await site.sh(`printf '%s\\n' ${words} >${RUN}/${since === undefined ? 'hold' : 'arm'}`)
    const { body } = await site.call('POST', '/api/v1/units/web/trigger')
    const { id } = body.tasks[0]
    await site.host.waitFor(`the task to be at ${step}`, async () => {
      await site.sh(`rm ${RUN}/held`)
      return true
    })
    if (how === 'power') await site.host.hardReset()
    else await site.sh(`${site.systemctl} kill --signal=SIGKILL pod-upgrade-trigger-task-${id}.service`)
    t.match((await site.tasks())[0], { id, state: 'running', attempts: 1 }, 'it was lost')
    if (how === 'alone') {
      const isOver = async () => (await site.tasks())[0]?.state === 'done'
      await site.host.waitFor('systemd to start it again', isOver)
    } else await run(site)
    const task = (await site.tasks()).find(other => other.id === id)
    await ends(t, before, task)
    t.equal(await site.property('web', 'ActiveState'), 'active')
    t.equal((await site.tasks()).filter(({ state }) => state !== 'done').length, 0, 'nothing is left to do')
  })
}
