// What a caller of the API may ask for. A field that is misspelt, or of the wrong kind, is named and never guessed at:
// a dry_run that was not understood would be an upgrade.
import t from 'tap'
import { parseTriggerBody, type TriggerBody } from '../../lib/request/trigger-body.js'
import type { Problems } from '../../lib/result.js'

const NOTHING: TriggerBody = {
  all: false,
  units: [],
  image: undefined,
  force: false,
  dryRun: false,
  caller: undefined,
  reason: undefined,
}

t.test('what is asked for', async t => {
  const rows: readonly (readonly [
    why: string,
    body: object,
    unit: string | undefined,
    ask: Partial<TriggerBody>,
  ])[] = [
    ['every unit', { all: true }, undefined, { all: true }],
    ['one', { units: ['web.service'] }, undefined, { units: ['web.service'] }],
    ['without its suffix', { units: ['web'] }, undefined, { units: ['web.service'] }],
    [
      'an instance',
      { units: ['web@x', 'web@y.service'] },
      undefined,
      { units: ['web@x.service', 'web@y.service'] },
    ],
    ['by image', { image: 'ghcr.io/acme/web' }, undefined, { image: 'ghcr.io/acme/web' }],
    [
      'units, if they run the image',
      { units: ['web'], image: 'web:v1' },
      undefined,
      { units: ['web.service'], image: 'web:v1' },
    ],
    ['a list of none, and an image', { units: [], image: 'web' }, undefined, { image: 'web' }],
    ['the one in the path', {}, 'web.service', { units: ['web.service'] }],
    [
      'the one in the path, if it runs the image',
      { image: 'web' },
      'web.service',
      { units: ['web.service'], image: 'web' },
    ],
    ['forced', { all: true, force: true }, undefined, { all: true, force: true }],
    ['only to see', { dry_run: true }, 'web.service', { units: ['web.service'], dryRun: true }],
    ['what is false is not asked for', { all: false, force: false, dry_run: false }, undefined, {}],
    [
      'by somebody, for something',
      { caller: 'ci', reason: 'v2' },
      'web.service',
      { units: ['web.service'], caller: 'ci', reason: 'v2' },
    ],
    [
      'a caller of 100 characters',
      { caller: 'a'.repeat(100) },
      'web.service',
      { units: ['web.service'], caller: 'a'.repeat(100) },
    ],
    [
      'a reason of 500',
      { reason: 'a'.repeat(500) },
      'web.service',
      { units: ['web.service'], reason: 'a'.repeat(500) },
    ],
    [
      'words that a terminal would obey: escaped, and no longer than what is taken',
      { caller: '\u001b[2J', reason: '\u009b'.repeat(500) },
      'web.service',
      { units: ['web.service'], caller: '\\u001b[2J', reason: '\\u009b'.repeat(84).slice(0, 500) },
    ],
    ['100 units', { units: hundred() }, undefined, { units: hundred().map(name => `${name}.service`) }],
  ]
  for (const [why, body, unit, ask] of rows) {
    const parsed = parseTriggerBody(body, unit)
    if (Object.keys(ask).length > 0) t.strictSame(parsed, { ok: true, value: { ...NOTHING, ...ask } }, why)
    else
      t.strictSame(problemsOf(parsed), [{ field: '', message: 'say which units: all, units or image' }], why)
  }
})

t.test('every wrong field is named, all of them at once', async t => {
  const rows: readonly (readonly [why: string, body: unknown, fields: readonly string[]])[] = [
    ['nothing is asked for', {}, ['']],
    ['an empty list is nothing', { units: [] }, ['']],
    ['force alone is nothing', { force: true }, ['']],
    ['a misspelt field', { all: true, dry_rum: true }, ['dry_rum']],
    ['the spelling of another language', { all: true, dryRun: true }, ['dryRun']],
    [
      'a field of the objects themselves',
      JSON.parse('{"all": true, "__proto__": {"force": true}}'),
      ['__proto__'],
    ],
    ['all and a unit', { all: true, units: ['web'] }, ['all']],
    ['all and an image', { all: true, image: 'web' }, ['all']],
    ['texts for truths', { all: 'true', force: 'no', dry_run: 1 }, ['all', 'force', 'dry_run']],
    ['null is not left out', { units: null, image: null, caller: null }, ['units', 'image', 'caller']],
    ['a unit that is no list', { units: 'web' }, ['units']],
    [
      'the units that are wrong, by their place',
      { units: ['web', 'a b', 'api', '-H'] },
      ['units.1', 'units.3'],
    ],
    ['a template without an instance', { units: ['app@.service'] }, ['units.0']],
    ['a unit that is no text', { units: [1] }, ['units.0']],
    ['101 units', { units: [...hundred(), 'more'] }, ['units']],
    ['an image that is none', { image: 'ghcr.io/acme/web:' }, ['image']],
    ['an image that is a command', { image: '--tls-verify=false' }, ['image']],
    ['a caller of 101 characters', { all: true, caller: 'a'.repeat(101) }, ['caller']],
    ['a reason of 501', { all: true, reason: 'a'.repeat(501) }, ['reason']],
    ['three at once', { all: 1, units: ['a b'], more: 1 }, ['all', 'more', 'units.0']],
    ['null', null, ['']],
    ['a text', 'all', ['']],
    ['an empty list', [], ['']],
    ['a list', [{ all: true }], ['']],
  ]
  for (const [why, body, fields] of rows)
    t.strictSame(fieldsOf(parseTriggerBody(body, undefined)), [...fields].sort(), why)
})

t.test('a unit in the path is the only one: its body can name no other', async t => {
  const rows: readonly (readonly [why: string, body: unknown, fields: readonly string[]])[] = [
    ['all', { all: true }, ['all']],
    ['units', { units: ['api'] }, ['units']],
    ['both, though they ask for nothing', { all: false, units: [] }, ['all', 'units']],
    ['null', null, ['']],
    ['an empty list is no object, and no upgrade', [], ['']],
  ]
  for (const [why, body, fields] of rows)
    t.strictSame(fieldsOf(parseTriggerBody(body, 'web.service')), fields, why)
})

t.test('a problem is a sentence for a person', async t => {
  t.strictSame(problemsOf(parseTriggerBody({ all: true, dry_rum: true }, undefined)), [
    { field: 'dry_rum', message: 'is an unknown field' },
  ])
  t.strictSame(problemsOf(parseTriggerBody({ all: true, caller: 'a'.repeat(101) }, undefined)), [
    { field: 'caller', message: 'at most 100 characters' },
  ])
  t.strictSame(problemsOf(parseTriggerBody({ units: ['a b'] }, undefined)), [
    { field: 'units.0', message: 'must be the name of a service unit' },
  ])
  t.strictSame(problemsOf(parseTriggerBody('all', undefined)), [
    { field: '', message: 'must be a JSON object' },
  ])
})

function hundred(): string[] {
  return Array.from({ length: 100 }, (_, index) => `unit${index}`)
}

/** Empty where nothing is wrong. */
function problemsOf(parsed: ReturnType<typeof parseTriggerBody>): Problems {
  return parsed.ok ? [] : parsed.problems
}

function fieldsOf(parsed: ReturnType<typeof parseTriggerBody>): string[] {
  return problemsOf(parsed)
    .map(({ field }) => field)
    .sort()
}
