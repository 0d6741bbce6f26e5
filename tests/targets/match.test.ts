// Which enabled units a push is about. The reasons are told to the sender word for word, so they are literals here.
import t from 'tap'
import { parseImage } from '../../lib/targets/image.js'
import { chooseTargets, describePin, type KnownUnit, matchUnits } from '../../lib/targets/match.js'
import { matchAll } from '../support/match-all.js'

const PINNED = `ghcr.io/acme/web@sha256:${'0'.repeat(64)}`
const known = (unit: string, image: string | undefined): KnownUnit => ({ unit, image, enabledBy: 'list' })
const ENABLED = [
  known('web.service', 'ghcr.io/Acme/web'),
  known('web-v1.service', 'ghcr.io/acme/web:v1'),
  known('twin.service', 'ghcr.io/acme/web:latest'),
  known('pinned.service', PINNED),
  known('odd.service', 'ghcr.io/acme/web:'),
  known('pod.service', undefined),
  { ...known('two.service', 'quay.io/t/a:1'), others: ['quay.io/t/b:1', 'quay.io/t/c:1'] },
  { ...known('half.service', undefined), others: ['quay.io/t/d:1'] },
]

interface Row {
  readonly why: string
  readonly pushed: readonly string[]
  readonly named?: string
  /** The units, or the reason why there is none. */
  readonly expected: readonly string[] | string
}

const ROWS: readonly Row[] = [
  {
    why: 'every unit that follows it',
    pushed: ['ghcr.io/acme/web:latest'],
    expected: ['web.service', 'twin.service'],
  },
  { why: 'by tag', pushed: ['ghcr.io/acme/web:v1'], expected: ['web-v1.service'] },
  {
    why: 'several tags pushed at once',
    pushed: ['ghcr.io/acme/web:v1', 'ghcr.io/acme/web:latest'],
    expected: ['web.service', 'web-v1.service', 'twin.service'],
  },
  { why: 'one of several', pushed: ['ghcr.io/x/y:z', 'ghcr.io/acme/web:v1'], expected: ['web-v1.service'] },
  { why: 'another image', pushed: ['ghcr.io/acme/api:latest'], expected: 'no enabled unit runs this image' },
  {
    why: 'another tag',
    pushed: ['ghcr.io/acme/web:buildcache'],
    expected: 'no enabled unit runs this image',
  },
  { why: 'another host', pushed: ['docker.io/acme/web:latest'], expected: 'no enabled unit runs this image' },
  { why: 'another container of a unit', pushed: ['quay.io/t/c:1'], expected: ['two.service'] },
  {
    why: 'named, by another container of it',
    pushed: ['quay.io/t/b:1'],
    named: 'two.service',
    expected: ['two.service'],
  },
  {
    why: 'named, and another tag of its other container',
    pushed: ['quay.io/t/b:2'],
    named: 'two.service',
    expected: 'another tag was pushed',
  },
  {
    why: 'an image beside the unknown one of a unit',
    pushed: ['quay.io/t/d:1'],
    expected: 'no enabled unit runs this image',
  },
  {
    why: 'named, one of several',
    pushed: ['ghcr.io/x/y:z', 'ghcr.io/acme/web:latest'],
    named: 'web.service',
    expected: ['web.service'],
  },
  { why: 'nothing pushed', pushed: [], expected: 'no enabled unit runs this image' },
  { why: 'named', pushed: ['ghcr.io/acme/web:latest'], named: 'web.service', expected: ['web.service'] },
  {
    why: 'named, and only that one',
    pushed: ['ghcr.io/acme/web:latest'],
    named: 'twin.service',
    expected: ['twin.service'],
  },
  {
    why: 'named, not enabled',
    pushed: ['ghcr.io/acme/web:latest'],
    named: 'sshd.service',
    expected: 'unit not enabled',
  },
  {
    why: 'named, another image',
    pushed: ['ghcr.io/acme/api:latest'],
    named: 'web.service',
    expected: 'another image was pushed',
  },
  {
    why: 'named, another tag',
    pushed: ['ghcr.io/acme/web:v1'],
    named: 'web.service',
    expected: 'another tag was pushed',
  },
  {
    why: 'named, another image and another tag',
    pushed: ['ghcr.io/acme/api:latest', 'ghcr.io/acme/web:v1'],
    named: 'web.service',
    expected: 'another tag was pushed',
  },
  {
    why: 'named, pinned',
    pushed: ['ghcr.io/acme/web:latest'],
    named: 'pinned.service',
    expected: 'unit is pinned to a digest',
  },
  {
    why: 'named, no reference',
    pushed: ['ghcr.io/acme/web:latest'],
    named: 'odd.service',
    expected: 'image of the unit is not a valid reference',
  },
  {
    why: 'named, no image',
    pushed: ['ghcr.io/acme/web:latest'],
    named: 'pod.service',
    expected: 'image of the unit is unknown',
  },
]

t.test('matchUnits', async t => {
  for (const { why, pushed, named, expected } of ROWS) {
    const match = matchUnits(
      pushed.map(text => parseImage(text)!),
      ENABLED,
      named,
    )
    t.strictSame(match.kind === 'none' ? match.reason : match.units.map(({ unit }) => unit), expected, why)
  }
  t.match(
    matchUnits([parseImage('nginx')!], []),
    { reason: 'no enabled unit runs this image' },
    'none enabled',
  )
})

t.test('what is pulled is the reference of the unit, never the one that was pushed', async t => {
  t.strictSame(matchUnits([parseImage('GHCR.io/ACME/web:latest')!], ENABLED, 'web.service'), {
    kind: 'units',
    units: [{ unit: 'web.service', image: 'ghcr.io/Acme/web' }],
  })
})

t.test('a reason comes with both references', async t => {
  const pushed = [parseImage('ghcr.io/acme/api:v2')!]
  matchAll(t, matchUnits(pushed, ENABLED, 'web.service'), {
    details: { unit: 'web.service', unit_image: 'ghcr.io/Acme/web', pushed: ['ghcr.io/acme/api:v2'] },
  })
  t.match(matchUnits(pushed, ENABLED, 'pod.service'), { details: { unit_image: null } })
  matchAll(t, matchUnits(pushed, ENABLED), { details: { pushed: ['ghcr.io/acme/api:v2'] } })
  t.strictSame(
    matchUnits(pushed, ENABLED, 'sshd.service'),
    { kind: 'none', reason: 'unit not enabled', details: { unit: 'sshd.service' } },
    'of a unit that is not enabled nothing else is told',
  )
})

const CHOICES: readonly (readonly [
  why: string,
  asked: { readonly all?: true; readonly units?: readonly string[]; readonly image?: string },
  /** The units, or the problems. */
  expected: readonly string[] | readonly { readonly field: string; readonly message: string }[],
])[] = [
  ['one', { units: ['web.service'] }, ['web.service']],
  [
    'several, one of them twice',
    { units: ['twin.service', 'web.service', 'twin.service'] },
    ['twin.service', 'web.service'],
  ],
  [
    'all whose image is known',
    { all: true },
    ['web.service', 'web-v1.service', 'twin.service', 'pinned.service', 'odd.service', 'two.service'],
  ],
  ['those that follow an image', { image: 'ghcr.io/acme/web:v1' }, ['web-v1.service']],
  [
    'an image that no unit follows',
    { image: 'ghcr.io/acme/api' },
    [{ field: 'image', message: 'no enabled unit runs this image' }],
  ],
  ['neither units nor an image', {}, [{ field: 'image', message: 'no enabled unit runs this image' }]],
  [
    'every one that is wrong, by its place, and none of the others',
    { units: ['web.service', 'sshd.service', 'pod.service'] },
    [
      { field: 'units.1', message: 'sshd.service is not enabled' },
      { field: 'units.2', message: 'the image of pod.service is unknown: is it a container unit?' },
    ],
  ],
  [
    'a unit, and another tag of its image',
    { units: ['web.service'], image: 'ghcr.io/acme/web:v9' },
    ['web.service'],
  ],
  [
    'a unit, and the image of another of its containers',
    { units: ['two.service'], image: 'quay.io/t/c' },
    ['two.service'],
  ],
  [
    'a unit that runs another image',
    { units: ['web.service'], image: 'ghcr.io/acme/api' },
    [{ field: 'image', message: 'web.service runs ghcr.io/Acme/web' }],
  ],
  [
    'a unit whose containers all run others',
    { units: ['two.service'], image: 'ghcr.io/acme/api' },
    [{ field: 'image', message: 'two.service runs quay.io/t/a:1, quay.io/t/b:1, quay.io/t/c:1' }],
  ],
]

for (const [why, asked, expected] of CHOICES) {
  t.test(`chosen: ${why}`, async t => {
    const found = chooseTargets({ all: false, units: [], image: undefined, ...asked }, ENABLED)
    const image = (unit: string) => ENABLED.find(it => it.unit === unit)?.image
    if (!found.ok) t.strictSame(found.problems, expected)
    else
      t.strictSame(
        found.value,
        expected.map(unit => ({ unit, image: image(String(unit)) })),
      )
  })
}

t.test('all, where none is enabled', async t => {
  for (const enabled of [[], [known('pod.service', undefined)]])
    t.strictSame(chooseTargets({ all: true, units: [], image: undefined }, enabled), {
      ok: false,
      problems: [{ field: 'all', message: 'finds no enabled unit: see WEBHOOK_MANUAL_UNITS' }],
    })
})

t.test('why a unit does not follow its reference', async t => {
  const keptId = '0123456789abcdef'
  t.equal(describePin({ keptId }), 'rolled back, stays on 0123456789ab')
  t.equal(describePin({ keptId, hold: 'until the fair' }), 'held: until the fair; on 0123456789ab')
})
