// --all and `trigger UNIT…` at a shell: the plan that changes nothing, the run and its exit status, who asked and why, one
// failure that stops no other, and what is wrong with a command line.
import { existsSync } from 'node:fs'
import { id, image } from '../support/api.js'
import { matchAll } from '../support/match-all.js'
import { run, start } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const SETTINGS = { WEBHOOK_MANUAL_UNITS: 'web db api' }

/** web has a newer image, db has not, api has a newer one that is bad. */
function units(world: World): void {
  for (const [index, unit] of ['web', 'db', 'api'].entries()) {
    world.setUnit(`${unit}.service`, image(unit), id(index))
    world.setRegistry(image(unit), id(unit === 'db' ? index : index + 5))
  }
  world.fake(`bad-${id(7)}`, 'failed\n')
}

journey(
  '--all --dry-run: a table of what would be done, and nothing is changed',
  async (t, world) => {
    units(world)
    const { stdout, exitCode } = await start(world, '--all', '--dry-run').end
    t.equal(exitCode, 0)
    const lines = stdout.trimEnd().split('\n')
    t.match(lines[0], /^UNIT +IMAGE +RUNS +WOULD$/)
    t.match(lines[1], new RegExp(`^web\\.service +${image('web')} +${id(0).slice(0, 12)} +pull; restart if`))
    t.equal(lines.length, 4)
    t.notOk(existsSync(world.stateDir), 'not even the state directory is made')
    t.strictSame(
      world.calls().filter(line => !/^podman ps |^busctl .* GetUnitProcesses /.test(line)),
      [],
    )
    const json = JSON.parse((await start(world, '--all', '--dry-run', '--json').end).stdout)
    t.match(json[1], { unit: 'db.service', image: image('db'), running_image_id: id(1) })
    t.strictSame(
      json[1].commands.map((argv: string[]) => argv.slice(0, 2).join(' ')),
      [
        'systemctl show',
        'podman ps',
        'busctl --json=short',
        'podman tag',
        'podman pull',
        'systemctl reset-failed',
        'systemctl restart',
      ],
    )
  },
  SETTINGS,
)

journey(
  '--all: a line for each, one failure stops no other, exit status 1 for it',
  async (t, world) => {
    units(world)
    const { stdout, exitCode, stderr } = await start(world, '--all', '--caller', 'me', '--reason', 'a try')
      .end
    t.equal(exitCode, 1, stderr)
    const [web = '', db = '', api = '', sum] = stdout.trimEnd().split('\n')
    t.equal(web, `web.service updated (${id(0).slice(0, 12)} -> ${id(5).slice(0, 12)})`)
    t.equal(db, `db.service unchanged (${id(1).slice(0, 12)})`)
    t.match(api, /^api\.service rolled-back \(222222222222 -> 777777777777\): the unit is failed/)
    t.equal(sum, '1 updated, 1 unchanged, 1 rolled-back')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal, no escape sequences
    t.notMatch(stdout + stderr, /[\u001b\r]/)
    matchAll(t, world.tasks(), Array(3).fill({ caller: 'me', reason: 'a try' }))
    matchAll(t, world.events(), [
      { method: 'CLI', path: '--all', status: 202, meta: { caller: 'me', reason: 'a try' } },
    ])
    t.strictSame(world.calls('systemd-run'), [], 'it waits for the end, so it runs them itself')
  },
  SETTINGS,
)

journey(
  '--all starts the auto-update unit where there is one, after the units',
  async (t, world) => {
    units(world)
    world.setUnit('podman-auto-update.service', image('none'), id(9))
    await run(world)
    t.equal(world.calls('systemctl').at(-1), 'systemctl start --no-block -- podman-auto-update.service')
    world.fake('fail-start', 'Access denied\n')
    const { exitCode, stderr, stdout } = await start(world, '--all').end
    t.equal(exitCode, 1, 'which is told where it cannot be')
    t.match(stdout + stderr, /Access denied/)
  },
  { WEBHOOK_MANUAL_UNITS: 'db' },
)

journey(
  'trigger UNIT…: those alone, and exit status 0 where all is well',
  async (t, world) => {
    units(world)
    const { exitCode, tasks } = await run(world, 'web', 'db.service')
    t.equal(exitCode, 0)
    matchAll(t, tasks, [
      { unit: 'web.service', outcome: 'updated' },
      { unit: 'db.service', outcome: 'unchanged' },
    ])
    t.equal(tasks.length, 2)
    matchAll(t, world.events(), [{ method: 'CLI', path: 'trigger', action: 'trigger', task_ids: [1, 2] }])
    matchAll(t, (await run(world, 'db', '--force')).tasks, [
      { outcome: 'unchanged', report: { why: 'restarted as asked' } },
    ])
    t.strictSame(world.calls('systemctl restart -- db'), ['systemctl restart -- db.service'])
  },
  SETTINGS,
)

const WRONG: readonly (readonly [why: string, args: readonly string[], said: RegExp])[] = [
  [
    'a unit that is not enabled: which are, and how to enable it',
    ['trigger', 'sshd'],
    /sshd\.service is not enabled; enabled are .*web.*WEBHOOK_MANUAL_UNITS/,
  ],
  ['all units, as one would say it to trigger', ['trigger', '--all'], /--all by itself upgrades all/],
  ['no unit', ['trigger'], /Not enough non-option arguments/],
  ['what is no unit', ['trigger', '../web'], /\.\.\/web is not the name of a service unit/],
  ['an unknown option', ['--all', '--dry-rum'], /Unknown arguments: dry-rum/],
  ['an unknown command', ['upgrade'], /upgrade is no command: there are status, trigger, /],
  ['a slip of the pen', ['evnts'], /evnts is no command: did you mean events\?/],
  ['no number of a task', ['tasks', 'abc'], /abc is not the number of a task/],
]

for (const [why, args, said] of WRONG) {
  journey(
    `${why}: exit status 64, what is wrong, and nothing is done`,
    async (t, world) => {
      units(world)
      const { exitCode, stderr, stdout } = await start(world, ...args).end
      t.equal(exitCode, 64)
      t.match(stderr, said)
      t.match(stderr, /see pod-upgrade-trigger (trigger |tasks )?--help/)
      t.equal(stdout, '')
      t.strictSame(world.calls('podman pull'), [])
    },
    SETTINGS,
  )
}

journey(
  'a configuration with mistakes: exit status 78, each of them told',
  async (t, world) => {
    const { exitCode, stderr } = await start(world, '--all').end
    t.equal(exitCode, 78)
    t.match(stderr, /WEBHOOK_SCOPE must be system or user; see env\.template/)
    t.match(stderr, /WEBHOOK_SETTLE_SECS must be a whole number/)
  },
  { WEBHOOK_SCOPE: 'x', WEBHOOK_SETTLE_SECS: 'x' },
)

journey(
  'no unit is enabled: the timer has nothing to complain about',
  async (t, world) => {
    const { exitCode, stdout } = await start(world, '--all', '--caller=timer').end
    t.equal(exitCode, 0)
    t.equal(stdout, 'no unit to upgrade: see WEBHOOK_MANUAL_UNITS\n')
    matchAll(t, world.events(), [{ method: 'TIMER' }])
  },
  { WEBHOOK_MANUAL_UNITS: '' },
)

journey(
  'the state directory cannot be used: exit status 75, with advice',
  async (t, world) => {
    const { exitCode, stderr } = await start(world, '--all').end
    t.equal(exitCode, 75)
    t.match(stderr, /WEBHOOK_STATE_DIR elsewhere/)
  },
  { ...SETTINGS, WEBHOOK_STATE_DIR: '/dev/null/state' },
)

for (const [word, said] of [
  ['-h', /^ {2}pod-upgrade-trigger status /m],
  ['-V', /^[0-9]+\.[0-9]+\.[0-9]+\n$/],
  ['-v', /^[0-9]+\.[0-9]+\.[0-9]+\n$/],
  ['version', /^[0-9]+\.[0-9]+\.[0-9]+\n$/],
] as const) {
  journey(`${word}, as everywhere`, async (t, world) => {
    const { exitCode, stdout, stderr } = await start(world, word).end
    t.match(stdout, said)
    t.equal(stderr, '')
    t.equal(exitCode, 0)
  })
}

journey('each command has help, at once, and each option says what it is', async (t, world) => {
  const help = async (...args: string[]) => (await start(world, ...args, '--help').end).stdout
  const commands = [...(await help()).matchAll(/^ {2}pod-upgrade-trigger ([a-z]+) /gm)].map(
    ([, name = '']) => name,
  )
  t.ok(commands.includes('serve'))
  for (const command of commands) {
    const text = await help(command)
    t.match(text, new RegExp(`^pod-upgrade-trigger ${command}`), command)
    t.notMatch(text, /^ +--[a-z-]+ +\[/m, `${command}: an option without a word on it`)
  }
})

journey('help fits a screen, and says what there is', async (t, world) => {
  const { exitCode, stdout } = await start(world, '--help').end
  t.equal(exitCode, 0)
  const lines = stdout.trimEnd().split('\n')
  t.ok(lines.length <= 48, `${lines.length} lines`)
  t.ok(Math.max(...lines.map(line => line.length)) <= 80)
  for (const word of ['--all', 'trigger', 'units', 'events', 'tasks', 'prune', '--dry-run'])
    t.match(stdout, word)
  t.notMatch(stdout, 'run-task', 'which is for ourselves')
})
