// What somebody meant: near enough to be told, and nothing that is not.
import t from 'tap'
import { nearest } from '../../lib/cli/nearest.js'

const KNOWN = ['status', 'trigger', 'units', 'events', 'tasks', 'hold']
const ROWS: readonly (readonly [word: string, meant: string | undefined])[] = [
  ['evnts', 'events'],
  ['unit', 'units'],
  ['taskss', 'tasks'],
  ['stauts', 'status'],
  ['tirgger', 'trigger'],
  ['hole', 'hold'], // also two from others, which are not nearer
  ['tasxyz', undefined],
  ['evntz', 'events'],
  ['xevents', 'events'],
  ['upgrade', undefined],
  ['logs', undefined],
  ['', undefined],
]

for (const [word, meant] of ROWS) t.test(word, async t => t.equal(nearest(word, KNOWN), meant))
