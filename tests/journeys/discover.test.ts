// Units that enable themselves, where that is switched on: by a marker in any of their files, or by their name. And that
// nothing of it counts where it is not.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { id, image } from '../support/api.js'
import { matchAll } from '../support/match-all.js'
import { run, start } from '../support/program.js'
import { delivery, pushed } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const ON = { WEBHOOK_AUTO_DISCOVER: '1', WEBHOOK_MANUAL_UNITS: 'web' }
const QUAY = 'a secret of quay, for tests'
const MARK = 'X-Webhook-Enabled=yes'

/** web on the list, and a unit for each of these whose files, as `systemctl cat` gives them, are this text. */
function units(world: World, cats: Readonly<Record<string, string>> = {}): void {
  for (const [index, name] of ['web', ...Object.keys(cats)].entries()) {
    world.setUnit(`${name}.service`, image(name), id(index))
    if (cats[name]) world.fake(`units/${name}.service/cat`, cats[name])
  }
}

const enabled = (world: World) => world.cli('units').map(({ unit, enabled_by }) => `${unit} ${enabled_by}`)

const MARKED: readonly (readonly [why: string, text: string, counts: boolean])[] = [
  ['in [Unit]', `[Unit]\n${MARK}\n[Service]\n`, true],
  ['in [X-Webhook]', `[X-Webhook]\n${MARK}\n`, true],
  ['true', '[Unit]\nX-Webhook-Enabled=true\n', true],
  ['1', '[Unit]\nX-Webhook-Enabled = 1\n', true],
  ['in a drop-in', `# /a.service\n[Unit]\nDescription=a\n\n# /a.service.d/x.conf\n[Unit]\n${MARK}\n`, true],
  ['taken back by a later drop-in', `[Unit]\n${MARK}\n\n# later\n[Unit]\nX-Webhook-Enabled=no\n`, false],
  ['given back by the last one', `[Unit]\nX-Webhook-Enabled=no\n\n# last\n[Unit]\n${MARK}\n`, true],
  ['one section says no', `[Unit]\n${MARK}\n[X-Webhook]\nX-Webhook-Enabled=no\n`, false],
  ['in a comment', `[Unit]\n# ${MARK}\n; ${MARK}\n`, false],
  ['in another section', `[Service]\n${MARK}\n[X-Other]\n${MARK}\n`, false],
  ['something else', '[Unit]\nX-Webhook-Enabled=maybe\n', false],
  ['nothing', '[Unit]\nX-Webhook-Enabled=\n', false],
  ['no marker', '[Unit]\nDescription=a\n', false],
]

journey(
  'the marker, wherever it is',
  async (t, world) => {
    const cats = Object.fromEntries(MARKED.map(([, text], index) => [`unit${index + 10}`, text]))
    units(world, cats)
    const found = enabled(world)
    t.equal(found[0], 'web.service list', 'the list comes first')
    for (const [index, [why, , counts]] of MARKED.entries()) {
      t.equal(found.includes(`unit${index + 10}.service marker`), counts, why)
    }
    t.equal(found.length, 1 + MARKED.filter(([, , counts]) => counts).length, 'and no other')
  },
  ON,
)

journey(
  'off by default: what a unit says of itself opens nothing',
  async (t, world) => {
    units(world, { db: `[Unit]\n${MARK}\n` })
    t.strictSame(enabled(world), ['web.service list'])
    const reply = await world.send(delivery({ body: pushed(image('db')) }))
    t.match(reply.json, { status: 'ignored', reason: 'no enabled unit runs this image' })
    t.equal((await run(world, 'db')).exitCode, 64)
    t.strictSame(world.calls('systemctl cat --no-pager -- db'), [], 'it is not even asked')
  },
  { WEBHOOK_MANUAL_UNITS: 'web', WEBHOOK_DISCOVER_PATTERN: '*' },
)

journey(
  'only: the list counts no more',
  async (t, world) => {
    units(world, { db: `[Unit]\n${MARK}\n` })
    t.strictSame(enabled(world), ['db.service marker'])
    t.equal((await run(world, 'web')).exitCode, 64)
  },
  { ...ON, WEBHOOK_AUTO_DISCOVER: 'only' },
)

journey(
  'by name, where a pattern is set',
  async (t, world) => {
    units(world, { 'app-one': '', 'app-two': '', 'my-app-three': '', apple: '' })
    t.strictSame(enabled(world), ['web.service list', 'app-one.service pattern', 'app-two.service pattern'])
  },
  { ...ON, WEBHOOK_DISCOVER_PATTERN: 'app-*' },
)

journey(
  'a discovered unit is upgraded by a delivery and by --all, like any other',
  async (t, world) => {
    units(world, { db: `[X-Webhook]\n${MARK}\n` })
    world.setRegistry(image('web'), id(0))
    world.setRegistry(image('db'), id(7))
    const reply = await world.send(delivery({ body: pushed(image('db')) }))
    matchAll(t, reply, { status: 202, json: { tasks: [{ unit: 'db.service' }] } })
    matchAll(t, (await run(world)).tasks, [
      { unit: 'db.service', outcome: 'updated' },
      { unit: 'web.service' },
    ])
  },
  ON,
)

journey(
  'the marker of a quadlet that systemd has not loaded yet, and of its drop-in',
  async (t, world) => {
    units(world)
    world.fake(
      'more-quadlets',
      `---new.service---\n[X-Container]\nImage=${image('new')}\n[X-Webhook]\n${MARK}\n
---old.service---\n[X-Container]\nImage=${image('old')}\n[Unit]\nX-Webhook-Enabled=no\n`,
    )
    t.strictSame(enabled(world), ['web.service list', 'new.service marker'])
  },
  ON,
)

journey(
  'a unit by hand, which no generator knows: its container says whose it is',
  async (t, world) => {
    units(world, { plain: `[Unit]\n${MARK}\n` })
    matchAll(t, world.cli('units'), [
      { unit: 'web.service' },
      { unit: 'plain.service', image: image('plain') },
    ])
  },
  { ...ON, WEBHOOK_QUADLET_GENERATOR: '/bin/true' },
)

journey(
  'a template is no unit, its instance is; what is neither pod nor container is not asked',
  async (t, world) => {
    units(world)
    world.fake(
      'more-quadlets',
      ['app@.service', 'net-network.service', 'things-pod.service']
        .map(
          unit =>
            `---${unit}---\n${unit.startsWith('app') ? `[X-Container]\nImage=${image('app')}\n` : ''}[Unit]\n${MARK}\n`,
        )
        .join('\n'),
    )
    t.strictSame(enabled(world), ['web.service list', 'app@one.service list'])
  },
  { ...ON, WEBHOOK_MANUAL_UNITS: 'web app@one' },
)

journey(
  'units: what may be triggered, why, its image, and the path of its webhook',
  async (t, world) => {
    units(world, { db: `[Unit]\n${MARK}\n` })
    const { stdout } = await start(world, 'units').end
    const [head, web, db, gone] = stdout.trimEnd().split('\n')
    t.match(head, /^UNIT +ENABLED BY +IMAGE +WEBHOOK$/)
    t.match(web, /^web\.service +list +ghcr\.io\/acme\/web:latest +\/hooks\/github\/web$/)
    t.match(db, /^gone\.service +list +\(unknown\) +\/hooks\/github\/gone$/)
    t.match(gone, /^db\.service +marker +ghcr\.io\/acme\/db:latest +\/hooks\/github\/db$/)
  },
  { ...ON, WEBHOOK_MANUAL_UNITS: 'web gone' },
)

journey(
  'units: the whole URL to paste, where it is known',
  async (t, world) => {
    units(world)
    const { stdout } = await start(world, 'units').end
    t.match(stdout, /^web\.service .* https:\/\/h\.example\/up\/hooks\/github\/web$/m)
    matchAll(t, world.cli('units'), [{ hooks: ['https://h.example/up/hooks/github/web'] }])
  },
  { WEBHOOK_PUBLIC_URL: 'https://h.example/up/' },
)

journey(
  'units: a webhook for each sender with a secret, and the secret in none of them',
  async (t, world) => {
    units(world)
    const { stdout } = await start(world, 'units').end
    t.match(stdout, /^web\.service .* \/hooks\/github\/web \/hooks\/quay\/web$/m)
    t.notMatch(stdout, QUAY)
    matchAll(t, world.cli('units'), [{ hooks: ['/hooks/github/web', '/hooks/quay/web'] }])
  },
  { QUAY_WEBHOOK_SECRET: QUAY },
)

journey(
  'units: no secret that this command can read',
  async (t, world) => {
    units(world)
    t.match((await start(world, 'units').end).stdout, /^web\.service .* \(no secret is set\)$/m)
  },
  { GITHUB_WEBHOOK_SECRET: '' },
)

journey(
  'a drop-in of a rollback does not change which image the unit follows',
  async (t, world) => {
    units(world)
    const path = join(world.dir, 'manager/web.service.d/~~pod-upgrade-trigger.conf')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `[Container]\nImage=localhost/kept:web\n\n[X-Webhook]\nX-Image=${image('web')}\n`)
    matchAll(t, world.cli('units'), [{ unit: 'web.service', image: image('web') }])
  },
  ON,
)
