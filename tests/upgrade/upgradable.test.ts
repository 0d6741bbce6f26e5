// When a unit gets a new image. Every unit was taken for a server once: a job was run a second time, and a unit that its owner had
// stopped was started, where its program ends with a status of its own.
import t from 'tap'
import { parseShow } from '../../lib/host/unit-state.js'
import { type Moment, momentOf } from '../../lib/upgrade/upgradable.js'

const RUNS = {
  ...{ id: 'c', name: 'web', image: 'ghcr.io/acme/web:latest', imageId: 'i', state: 'running', health: '' },
  ...{ startedMs: 0, restarts: 0, pod: '', infra: false, claimedUnit: '' },
}
const stopped: Moment = { outcome: 'skipped', why: 'the unit is stopped; --force starts it' }

/** What systemd says, whether somebody asked for the end, and by whom it was asked for now. */
const ROWS: readonly (readonly [
  why: string,
  properties: string,
  moment: Moment,
  more?: { wasStopped?: boolean; force?: boolean; runs?: boolean },
])[] = [
  ['it runs', 'ActiveState=active', 'now', { runs: true }],
  ['it is on its way up', 'ActiveState=activating', 'now'],
  ['it died by itself', 'ActiveState=failed', 'now', { wasStopped: false }],
  ['it is down, and nobody knows why', 'ActiveState=failed', 'now'],
  ['it was stopped, and ended with 143', 'ActiveState=failed', stopped, { wasStopped: true }],
  ['the same, and it is asked for by force', 'ActiveState=failed', 'now', { wasStopped: true, force: true }],
  ['it was stopped', 'ActiveState=inactive', stopped, { wasStopped: true }],
  ['it never ran', 'ActiveState=inactive', stopped],
  [
    'it was stopped, and is asked for by force',
    'ActiveState=inactive',
    'now',
    { wasStopped: true, force: true },
  ],
  ['it ended well by itself', 'ActiveState=inactive', 'next start', { wasStopped: false }],
  ['a socket starts it', 'ActiveState=inactive\nTriggeredBy=web.socket', 'next start', { wasStopped: true }],
  ['a socket started it', 'ActiveState=active\nTriggeredBy=web.socket', 'now', { runs: true }],
  ['a job waits for its timer', 'ActiveState=inactive\nType=oneshot\nTriggeredBy=job.timer', 'next start'],
  ['a job runs', 'ActiveState=activating\nType=oneshot', 'next start', { runs: true }],
  ['a job is not run by force either', 'ActiveState=inactive\nType=oneshot', 'next start', { force: true }],
  ['a job failed', 'ActiveState=failed\nType=oneshot', 'next start', { wasStopped: false }],
  ['a job is done', 'ActiveState=active\nSubState=exited\nType=oneshot\nRemainAfterExit=yes', 'next start'],
  [
    'one that stays active once it has ended runs still',
    'ActiveState=active\nSubState=running\nType=exec\nRemainAfterExit=yes',
    'next start',
    { runs: true },
  ],
  [
    'what it has left runs: podman-compose up -d',
    'ActiveState=active\nSubState=exited\nType=oneshot\nRemainAfterExit=yes',
    'now',
    { runs: true },
  ],
  [
    'a timer starts it, whatever its type',
    'ActiveState=active\nTriggeredBy=a.socket web.timer',
    'next start',
    { runs: true },
  ],
  ['a path starts it', 'ActiveState=inactive\nTriggeredBy=web.path', 'next start', { wasStopped: true }],
]

for (const [why, properties, moment, { wasStopped, force = false, runs = false } = {}] of ROWS) {
  t.test(why, async t => {
    const snapshot = { state: parseShow(properties), containers: runs ? [RUNS] : [] }
    t.strictSame(momentOf(snapshot, wasStopped, force), moment)
  })
}
