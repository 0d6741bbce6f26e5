// What a person sees on a terminal while --all and `trigger` are at it: one line that is written again in place and gone at the end,
// and nothing of it anywhere else.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { id, image } from '../support/api.js'
import { matchAll } from '../support/match-all.js'
import { command } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const SETTINGS = { WEBHOOK_MANUAL_UNITS: 'web db', WEBHOOK_SETTLE_SECS: '2' }
const CLEAR = '\r\u001b[K'

function units(world: World): void {
  for (const [index, unit] of ['web', 'db'].entries()) {
    world.setUnit(`${unit}.service`, image(unit), id(index))
    world.setRegistry(image(unit), id(unit === 'web' ? 5 : index))
  }
}

/** All that a terminal of this width is sent; `rest` is what the shell does with the command. */
function onTerminal(world: World, words: readonly string[], columns = 80, rest = ''): string {
  const line = ['env', ...command(world.env, ...words)].map(word => `'${word}'`).join(' ')
  const shell = `stty cols ${columns} -onlcr; ${line} ${rest}`
  return execFileSync('script', ['-qec', shell, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  }).toString()
}

/** What is left to be seen: the last that was written over each line. */
const left = (shown: string): string =>
  shown
    .split('\n')
    .map(line => line.split(CLEAR).at(-1))
    .join('\n')
/** What was to be seen for a while, in its order. */
const passing = (shown: string): string[] =>
  shown.split(CLEAR).flatMap(part => (part.endsWith('\r') ? [part.slice(0, -1)] : []))

const REPORT = `web.service updated (${id(0).slice(0, 12)} -> ${id(5).slice(0, 12)})
db.service unchanged (${id(1).slice(0, 12)})
1 updated, 1 unchanged
`

journey(
  'which unit, which step, and for how long; at the end there is what a pipe would have',
  async (t, world) => {
    units(world)
    const shown = onTerminal(world, ['--all'])
    t.equal(left(shown), REPORT)
    const steps = passing(shown)
    const phases = steps.map(it => it.replace(/, [0-9]+ s$/, ''))
    t.strictSame(
      phases.filter((it, index) => it !== phases[index - 1]), // each is written again every second
      [
        ...['waits for its turn', 'look', 'pull', 'keep', 'restart', 'watch'].map(
          step => `web.service: ${step}`,
        ),
        ...['waits for its turn', 'look', 'pull'].map(step => `db.service: ${step}`),
      ],
    )
    t.match(steps.join(), /web\.service: watch, [1-9]/, 'the seconds go on')
  },
  SETTINGS,
)

journey(
  'a narrow terminal: the line is cut, for one that is broken in two could not be taken back',
  async (t, world) => {
    units(world)
    const steps = passing(onTerminal(world, ['trigger', 'db'], 20))
    t.equal(steps[0], 'db.service: waits …')
    t.strictSame(
      steps.filter(it => it.length > 19),
      [],
    )
  },
  SETTINGS,
)

journey(
  'what is kept has none of it: the output in a file, JSON, and errors in a file',
  async (t, world) => {
    units(world)
    const file = join(world.dir, 'kept')
    const kept = () => readFileSync(file, 'utf8')
    t.match(passing(onTerminal(world, ['trigger', 'db'], 80, `> '${file}'`))[0], /^db\.service: /)
    t.equal(kept(), `db.service unchanged (${id(1).slice(0, 12)})\n1 unchanged\n`)
    t.equal(
      onTerminal(world, ['trigger', 'db'], 80, `2> '${file}'`),
      `db.service unchanged (${id(1).slice(0, 12)})\n1 unchanged\n`,
    )
    t.equal(kept(), '')
    const json = onTerminal(world, ['trigger', 'db', '--json'])
    t.notMatch(json, '\u001b')
    matchAll(t, JSON.parse(json), [{ outcome: 'unchanged' }])
  },
  SETTINGS,
)
