// Who is told how a task ended: the command of WEBHOOK_NOTIFY_COMMAND and the journal. Neither can change what happened.
import { MESSAGE_ID } from '../../lib/tasks/report.js'
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { delivery, pushed } from '../support/request.js'
import { journey } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)
// biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
const KEEP = { WEBHOOK_REPORT_JOURNAL: '1', WEBHOOK_NOTIFY_COMMAND: 'cat >> ${FAKE_DIR}/told' }

interface Ending {
  readonly outcome: string
  readonly priority: number
  readonly registry: string
  readonly files?: Readonly<Record<string, string>>
  readonly told: object | undefined
  /** As the journal has it; empty where nothing was pulled or kept. */
  readonly old: string
  readonly new: string
}

const ENDINGS: readonly Ending[] = [
  { outcome: 'updated', priority: 5, registry: NEW, told: { new: { id: NEW } }, old: OLD, new: NEW },
  { outcome: 'unchanged', priority: 5, registry: OLD, told: undefined, old: OLD, new: OLD },
  {
    outcome: 'rolled-back',
    priority: 3,
    registry: NEW,
    files: { [`bad-${NEW}`]: 'failed\n', journal: 'last words\n' },
    told: { why: /^the unit is failed/, journal: 'last words', old: { id: OLD } },
    old: OLD,
    new: NEW,
  },
  {
    outcome: 'failed',
    priority: 3,
    registry: NEW,
    files: { 'fail-pull': 'Error: manifest unknown\n' },
    told: { why: /manifest unknown/ },
    old: OLD,
    new: '',
  },
  {
    outcome: 'skipped',
    priority: 5,
    registry: NEW,
    files: { [`units/${UNIT}/load`]: 'masked\n' },
    told: { why: 'the unit is masked' },
    old: '',
    new: '',
  },
]

for (const ending of ENDINGS) {
  const { outcome, told } = ending
  journey(
    `${outcome}: ${told ? 'people and the journal are told' : 'only the journal is told, for nothing happened'}`,
    async (t, world) => {
      world.setUnit(UNIT, IMAGE, OLD)
      world.setRegistry(IMAGE, ending.registry)
      for (const [name, text] of Object.entries(ending.files ?? {})) world.fake(name, text)
      await run(world, 'web', '--caller', 'cron', '--reason', 'because')
      const lines = world
        .read('told')
        .split('\n')
        .filter(line => line !== '')
      matchAll(
        t,
        lines.map(line => JSON.parse(line)),
        told
          ? [{ task: 1, unit: UNIT, image: IMAGE, caller: 'cron', reason: 'because', outcome, ...told }]
          : [],
      )
      t.equal(lines.length, told ? 1 : 0, 'once')
      const entry = world.read('journal-entries').split('\n')
      for (const field of [
        `MESSAGE_ID=${MESSAGE_ID}`,
        `PRIORITY=${ending.priority}`,
        `UNIT=${UNIT}`,
        `OUTCOME=${outcome}`,
        `IMAGE=${IMAGE}`,
        `OLD_IMAGE_ID=${ending.old}`,
        `NEW_IMAGE_ID=${ending.new}`,
      ]) {
        t.ok(entry.includes(field), field)
      }
    },
    KEEP,
  )
}

const TROUBLES: readonly (readonly [why: string, command: string, logged: RegExp])[] = [
  ['fails', 'echo no mail today >&2; exit 3', /^<4>WEBHOOK_NOTIFY_COMMAND: exit status 3 no mail today$/m],
  ['is not there', '/nonexistent/notify', /^<4>WEBHOOK_NOTIFY_COMMAND: exit status 127 .*nonexistent/m],
  ['does not read', 'exit 0 <&-', /^$/],
  ['is killed', 'kill -9 $$', /^<4>WEBHOOK_NOTIFY_COMMAND: .*SIGKILL/m],
]

for (const [why, command, logged] of TROUBLES) {
  journey(
    `a command that ${why} is logged, and changes nothing`,
    async (t, world) => {
      world.setUnit(UNIT, IMAGE, OLD)
      world.setRegistry(IMAGE, NEW)
      const { exitCode, stderr, tasks } = await run(world)
      t.equal(exitCode, 0)
      matchAll(t, tasks, [{ outcome: 'updated' }])
      t.match(stderr, logged)
      matchAll(t, world.tasks(), [{ state: 'done', outcome: 'updated' }])
    },
    { WEBHOOK_NOTIFY_COMMAND: command },
  )
}

journey(
  'who asked, and what exactly runs now: for whoever has pushed it',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, NEW)
    for (const id of ['one', 'two']) await world.send(delivery({ id, body: pushed(IMAGE, { id }) }))
    await run(world, 'web')
    matchAll(t, JSON.parse(world.read('told')), {
      task: 1,
      deliveries: ['github:one', 'github:two'],
      new: { id: NEW, digest: `sha256:${NEW}` },
      platform_digest: `sha256:${NEW}`,
    })
  },
  KEEP,
)

journey(
  'no platform is told of an image that the tag does not name any more',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, NEW)
    world.fake(`bad-${NEW}`, 'failed\n')
    await run(world, 'web')
    const told = JSON.parse(world.read('told'))
    matchAll(t, told, { outcome: 'rolled-back', new: { id: NEW }, deliveries: [] })
    t.equal(told.platform_digest, undefined)
  },
  KEEP,
)

journey(
  'only of those outcomes that its owner wants to be told',
  async (t, world) => {
    world.setUnit(UNIT, IMAGE, OLD)
    world.setRegistry(IMAGE, NEW)
    await run(world, 'web')
    t.equal(world.read('told'), '', 'updated is none of them')
    await run(world, 'web')
    matchAll(t, JSON.parse(world.read('told')), {
      outcome: 'unchanged',
      sentence: 'web.service unchanged (111111111111)',
    })
  },
  { ...KEEP, WEBHOOK_NOTIFY_OUTCOMES: 'unchanged, failed' },
)
