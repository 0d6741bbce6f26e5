// What a process that was taken over could leave, and no request of ours could: each was carried out with root's rights once.
import t from 'tap'
import { forEachSender } from '../../lib/config/sender-names.js'
import { formatEntry, parseEntry, type SpoolEntry, whyImpossible } from '../../lib/spool/entry.js'
import { matchAll } from '../support/match-all.js'

const SENDERS = forEachSender(name => ({
  secrets: { github: ['x', 'shop'], quay: ['x'] }[String(name)] ?? [],
  registry: undefined,
}))
const NONE = forEachSender(() => ({ secrets: [], registry: undefined }))
const SHOP = {
  tenant: 'SHOP',
  units: ['web.service'],
  values: { GITHUB_WEBHOOK_SECRET: ['shop'], WEBHOOK_TOKEN: ['till'] },
}
const OPEN = {
  senders: SENDERS,
  tenants: [SHOP],
  actionsRules: [
    { repositoryId: '7', ref: 'refs/heads/main', units: ['web.service'] },
    { repositoryId: '8', ref: 'refs/heads/main', units: ['db.service'] },
  ],
  tokens: ['x'],
  manualTokens: ['x', 'till'],
  redeploy: false,
}
const ID = 'b4a1c9c8-3f2f-4ad1-9d3a-0d6f0a8d7a11'
const EVENT = { requestId: ID, method: 'POST', path: '/hooks/github', action: 'hook-github' } as const
const SIGNED = { delivery: 'github:1', bodySha256: '0'.repeat(64) }
const OF_SHOP = { ...SIGNED, tenant: 'SHOP' }
const HOOK = { units: ['web.service'], all: false, force: false, caller: 'github' }
const CALL = { units: ['web.service'], all: false, force: true, caller: 'ci' }
const hook = (path: string, more: object = {}, signed: object = SIGNED) =>
  ({ event: { ...EVENT, ...signed, path }, ...HOOK, ...more }) as SpoolEntry
const api = (path: string, more: object = {}, signed: object = {}) =>
  ({ event: { ...EVENT, ...signed, path, action: 'trigger' }, ...CALL, ...more }) as SpoolEntry
const update = (more: object = {}) =>
  ({
    event: { ...EVENT, path: '/auto-update', action: 'auto-update' },
    ...{ units: [], all: false, force: false, ...more },
  }) as SpoolEntry
const of = (sender: string) =>
  hook(
    `/hooks/${sender}`,
    { caller: sender },
    { ...SIGNED, delivery: `${sender}:1`, action: `hook-${sender}` },
  )
const NO = /contradict/

const ROWS: readonly (readonly [
  why: string,
  entry: SpoolEntry,
  told?: RegExp | undefined,
  doors?: object,
])[] = [
  ['a delivery', hook('/hooks/github')],
  ['a delivery for several units', hook('/hooks/github', { units: ['a.service', 'b.service'] })],
  ['a delivery for one', hook('/hooks/github/web')],
  ['an instance, as clients write it', hook('/hooks/github/app%40one', { units: ['app@one.service'] })],
  ['a delivery for another than its path names', hook('/hooks/github/db'), NO],
  [
    'a delivery for more than its path names',
    hook('/hooks/github/web', { units: ['web.service', 'db.service'] }),
    NO,
  ],
  ['a delivery for all', hook('/hooks/github', { all: true }), NO],
  ['a delivery with force', hook('/hooks/github', { force: true }), NO],
  [
    'a restart in any case',
    hook('/hooks/github/web/redeploy', { force: true }),
    undefined,
    { redeploy: true },
  ],
  ['a restart that is off', hook('/hooks/github/web/redeploy', { force: true }), /redeploy is off/],
  ['a delivery without a signed body', hook('/hooks/github', {}, {}), NO],
  ['a delivery of another sender', hook('/hooks/github', {}, { ...SIGNED, delivery: 'gitlab:1' }), NO],
  ['a delivery with a reason, which none has', hook('/hooks/github', { reason: 'x' }), NO],
  ['a delivery in the name of somebody', hook('/hooks/github', { caller: 'root' }), NO],
  ['a delivery to the API, which has an allowance of its own', hook('/api/v1/trigger'), NO],
  ['a delivery where no secret is set', hook('/hooks/github'), /GITHUB_WEBHOOK_SECRET/, { senders: NONE }],
  ['a delivery by a path that ends like one', hook('/x/hooks/github'), NO],
  ['a delivery by a path that begins like one', hook('/hooks/github/web/redeploy/x'), NO],
  ['a delivery by a path that goes on', hook('/hooks/github/web/x'), NO],
  ['a delivery without a digest of its body', hook('/hooks/github', {}, { delivery: 'github:1' }), NO],
  ['a delivery without an id', hook('/hooks/github', {}, { bodySha256: SIGNED.bodySha256 }), NO],
  [
    'a delivery that is called one of another sender',
    hook('/hooks/github', {}, { ...SIGNED, action: 'hook-quay' }),
    NO,
  ],
  ['a delivery of another kind of sender', of('quay')],
  ['a delivery of a sender that has no secret here', of('zot'), /no ZOT_WEBHOOK_SECRET is set/],
  ['a delivery of nobody that is known', of('someone'), NO],
  [
    'a delivery by the path of a sender with a secret, in the name of another',
    hook(
      '/hooks/github',
      { caller: 'quay' },
      { delivery: 'quay:1', bodySha256: '0'.repeat(64), action: 'hook-quay' },
    ),
    NO,
  ],
  ['a call', api('/api/v1/trigger')],
  ['a call for all', api('/api/v1/trigger', { all: true, units: [] })],
  ['a call for one', api('/api/v1/units/web/trigger')],
  ['a call for another than its path names', api('/api/v1/units/db/trigger'), NO],
  ['a call for all, under the path of one', api('/api/v1/units/web/trigger', { all: true }), NO],
  ['a call by the path of a delivery', api('/hooks/github'), NO],
  ['a call with the body of a delivery', api('/api/v1/trigger', {}, SIGNED), NO],
  ['a call with the id of a delivery', api('/api/v1/trigger', {}, { delivery: 'github:1' }), NO],
  ['a call with a digest of its body', api('/api/v1/trigger', {}, { bodySha256: SIGNED.bodySha256 }), NO],
  ['a call by a path that ends like one', api('/x/api/v1/trigger'), NO],
  ['a call by a path that begins like one', api('/api/v1/trigger/web'), NO],
  [
    'a call of a tenant that has no token',
    api('/api/v1/trigger', {}, { tenant: 'OTHER' }),
    /no WEBHOOK_TOKEN_OTHER is set/,
  ],
  ['a call where no token is set', api('/api/v1/trigger'), /WEBHOOK_MANUAL_TOKEN/, { manualTokens: [] }],
  ["a tenant's delivery", hook('/hooks/github', {}, OF_SHOP)],
  [
    "a tenant's delivery, where another has other units",
    hook('/hooks/github', {}, OF_SHOP),
    undefined,
    { tenants: [{ tenant: 'CAFE', units: ['db.service'], values: {} }, SHOP] },
  ],
  ["a tenant's delivery for a foreign unit", hook('/hooks/github', { units: ['db.service'] }, OF_SHOP), NO],
  [
    "a tenant's delivery for one of its own and a foreign",
    hook('/hooks/github', { units: ['web.service', 'db.service'] }, OF_SHOP),
    NO,
  ],
  [
    'of a tenant that has no secret for this sender',
    hook('/hooks/quay', { caller: 'quay' }, { ...OF_SHOP, delivery: 'quay:1', action: 'hook-quay' }),
    /no QUAY_WEBHOOK_SECRET_SHOP is set/,
  ],
  [
    'of a tenant that is none',
    hook('/hooks/github', {}, { ...SIGNED, tenant: 'OTHER' }),
    /no GITHUB_WEBHOOK_SECRET_OTHER is set/,
  ],
  [
    'in the name of nobody, where tenants alone have secrets',
    hook('/hooks/github'),
    /no GITHUB_WEBHOOK_SECRET is set/,
    { senders: { ...NONE, github: { secrets: ['shop'], registry: undefined } } },
  ],
  ["a tenant's call", api('/api/v1/trigger', {}, { tenant: 'SHOP' })],
  [
    "a tenant's call for all, which is more than it has",
    api('/api/v1/trigger', { all: true }, { tenant: 'SHOP' }),
    NO,
  ],
  [
    "a tenant's call for a foreign unit",
    api('/api/v1/trigger', { units: ['db.service'] }, { tenant: 'SHOP' }),
    NO,
  ],
  ["a job's call", api('/api/v1/trigger', {}, { tenant: 'actions:7' })],
  [
    "a job's call, where no token is set",
    api('/api/v1/trigger', {}, { tenant: 'actions:7' }),
    undefined,
    { manualTokens: [] },
  ],
  [
    "a job's call for all, which is more than it has",
    api('/api/v1/trigger', { all: true }, { tenant: 'actions:7' }),
    NO,
  ],
  ["a job's call for a unit of another rule", api('/api/v1/trigger', {}, { tenant: 'actions:8' }), NO],
  [
    "a job's call, of a repository without a rule",
    api('/api/v1/trigger', {}, { tenant: 'actions:9' }),
    /is set/,
  ],
  [
    'a delivery in the name of a job',
    hook('/hooks/github', {}, { ...SIGNED, tenant: 'actions:7' }),
    /is set/,
  ],
  [
    "podman's own update in the name of a job",
    { ...update(), event: { ...update().event, tenant: 'actions:7' } },
    NO,
  ],
  [
    'a call of the owner, where tenants alone have tokens',
    api('/api/v1/trigger'),
    /WEBHOOK_MANUAL_TOKEN/,
    { manualTokens: ['till'] },
  ],
  [
    "podman's own update in the name of a tenant",
    { ...update(), event: { ...update().event, tenant: 'SHOP' } },
    NO,
  ],
  ['the other unit', update()],
  ['the other unit, where no token is set', update(), /WEBHOOK_TOKEN/, { tokens: [] }],
  ['the other unit, and one more', update({ units: ['web.service'] }), NO],
  ['the other unit, by another path', { ...update(), event: { ...update().event, path: '/health' } }, NO],
  [
    'the other unit, with the id of a delivery',
    { ...update(), event: { ...update().event, delivery: 'github:1' } },
    NO,
  ],
  ['the other unit, with force', update({ force: true }), NO],
]

for (const [why, entry, told, doors] of ROWS) {
  t.test(why, async t => {
    const found = whyImpossible(entry, { ...OPEN, ...doors })
    if (told === undefined) t.equal(found, undefined)
    else t.match(found, told)
  })
}

t.test('what a request writes is what is read', async t => {
  const all = ROWS.map(([, entry]) => entry)
  const said = { caller: 'zoë & co=1', reason: "a 'reason', 100%+ \ud83d\ude80 next" }
  for (const entry of [
    ...all.filter(({ caller }) => caller !== 'someone'),
    api('/api/v1/trigger', said, { remoteAddr: '2001:db8::9' }),
  ])
    matchAll(t, parseEntry(formatEntry(entry)), entry)
})

const FORM = formatEntry(hook('/hooks/github'))
const FORGED: readonly (readonly [why: string, form: string])[] = [
  ['nothing', ''],
  ['JSON', JSON.stringify(hook('/hooks/github'))],
  ['a field that no request has', `${FORM}&image=evil.example/x`],
  ['a field twice: which of them was meant', `${FORM}&caller=github`],
  ['no id', FORM.replace(ID, 'x')],
  ['a unit that is a path', FORM.replace('web.service', '..%2F..%2Fetc')],
  ['an action of a sender that nobody knows', FORM.replace('hook-github', 'hook-someone')],
  ['an action of the command line', FORM.replace('hook-github', 'cli')],
  ['a path that clears the screen of who lists it', FORM.replace('%2Fhooks', '%1b%5b2J')],
  ['a reason that a terminal obeys', `${FORM}&reason=a%C2%9B31mb`],
  ['a word that is two', `${FORM}&remoteAddr=a%20b`],
  ['a word of other letters', `${FORM}&remoteAddr=%C3%A9`],
  ['a digest that is too long', FORM.replace(/bodySha256=0/, 'bodySha256=00')],
  ['a digest with something after it', FORM.replace(/(bodySha256=0+)/, '$1x')],
  ['a digest with something before it', FORM.replace(/bodySha256=/, 'bodySha256=x')],
  ['a flag that is no flag', `${FORM}&force=true`],
]

t.test('how long and how many, at most', async t => {
  const units = (count: number) => Array.from({ length: count }, (_, n) => `&unit=u${n}.service`).join('')
  const ROOM = [
    ['unit', 1000, (count: number) => FORM + units(count - 1)],
    ['caller', 100, (length: number) => FORM.replace('caller=github', `caller=${'a'.repeat(length)}`)],
    ['reason', 500, (length: number) => `${FORM}&reason=${'a'.repeat(length)}`],
    ['remoteAddr', 100, (length: number) => `${FORM}&remoteAddr=${'a'.repeat(length)}`],
    ['tenant', 100, (length: number) => `${FORM}&tenant=${'a'.repeat(length)}`],
    ['delivery', 100, (length: number) => FORM.replace('github%3A1', 'a'.repeat(length))],
    ['path', 200, (length: number) => FORM.replace('%2Fhooks%2Fgithub', 'a'.repeat(length))],
  ] as const
  for (const [what, most, form] of ROOM) {
    t.ok(parseEntry(form(most)), `${what}: ${most}`)
    t.equal(parseEntry(form(most + 1)), undefined, `${what}: ${most + 1}`)
  }
})

for (const [why, form] of FORGED) {
  t.test(`refused: ${why}`, async t => {
    t.not(form, FORM)
    t.equal(parseEntry(form), undefined)
  })
}
t.ok(parseEntry(FORM), 'which without that would do')
