// Tenants: which variables make one, what is wrong with them, and that a secret tells what it reaches.
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { isTenantVariable, reachOf, tenantSecrets } from '../../lib/config/tenants.js'
import { ConfigError } from '../../lib/errors.js'

const ROOT = { uid: 0, home: '/root', envFile: undefined }
const [OWNERS, SHOPS, SHOPS_NEW, TILLS] = ['owner', 'shop', 'shop-new', 'till'].map(
  name => `${name}-secret-of-tests`,
) as [string, string, string, string]
const SHOP = {
  GITHUB_WEBHOOK_SECRET: OWNERS,
  GITHUB_WEBHOOK_SECRET_SHOP: `${SHOPS}\n${SHOPS_NEW}`,
  WEBHOOK_TOKEN_SHOP: TILLS,
  WEBHOOK_UNITS_SHOP: 'web db.service',
}

t.test('a secret reaches what is listed for its tenant, and the owner all', async t => {
  const { tenants, senders, tokens, manualTokens } = parseConfig(SHOP, ROOT)
  const reached = (secret: string) => {
    const { tenant, units } = reachOf(tenants, secret)
    return [tenant, units]
  }
  t.strictSame(reached(OWNERS), [undefined, undefined])
  for (const secret of [SHOPS, SHOPS_NEW, TILLS])
    t.strictSame(reached(secret), ['SHOP', ['web.service', 'db.service']], secret)
  t.strictSame(senders.github.secrets, [OWNERS, SHOPS, SHOPS_NEW])
  t.strictSame(senders.quay.secrets, [])
  t.strictSame(manualTokens, [TILLS])
  t.strictSame(tokens, [], 'podman-auto-update upgrades what is not theirs')
})

t.test('tenants with underscores and digits, side by side', async t => {
  const { tenants } = parseConfig(
    {
      WEBHOOK_UNITS_SHOP: 'web',
      WEBHOOK_UNITS_SHOP_2: 'db',
      QUAY_WEBHOOK_SECRET_SHOP_2: SHOPS,
      QUAY_WEBHOOK_SECRET_SHOP: TILLS,
    },
    ROOT,
  )
  t.equal(reachOf(tenants, SHOPS).tenant, 'SHOP_2')
  t.equal(reachOf(tenants, TILLS).tenant, 'SHOP')
})

const WRONG: readonly (readonly [why: string, env: Record<string, string>, problems: readonly RegExp[]])[] = [
  [
    'a secret without units would reach nothing, or all',
    { GITHUB_WEBHOOK_SECRET_SHOP: SHOPS },
    [/^WEBHOOK_UNITS_SHOP is not set: it lists the units/],
  ],
  ['nor does a token', { WEBHOOK_TOKEN_SHOP: SHOPS }, [/^WEBHOOK_UNITS_SHOP is not set/]],
  [
    'the units of a misspelt tenant are no units',
    { GITHUB_WEBHOOK_SECRET_SHOP: SHOPS, WEBHOOK_UNITS_SHOPS: 'web' },
    [/^WEBHOOK_UNITS_SHOP is not set/],
  ],
  [
    'an empty list is none',
    { GITHUB_WEBHOOK_SECRET_SHOP: SHOPS, WEBHOOK_UNITS_SHOP: '' },
    [/^WEBHOOK_UNITS_SHOP is not set/],
  ],
  ['what names no unit', { WEBHOOK_UNITS_SHOP: '../web' }, [/^WEBHOOK_UNITS_SHOP must list service units/]],
  [
    'a short secret',
    { ...SHOP, WEBHOOK_TOKEN_SHOP: 'short' },
    [/^WEBHOOK_TOKEN_SHOP line 1 has fewer than 16/],
  ],
  [
    'a name that another spelling could mean',
    { WEBHOOK_UNITS_shop: 'web', GITHUB_WEBHOOK_SECRET_shop: SHOPS },
    [/^WEBHOOK_UNITS_shop: the name of a tenant/],
  ],
  [
    "a tenant's secret that is the owner's would reach all",
    { ...SHOP, GITHUB_WEBHOOK_SECRET: SHOPS },
    [/^GITHUB_WEBHOOK_SECRET_SHOP has a secret that is in GITHUB_WEBHOOK_SECRET too/],
  ],
  [
    'also of another sender, whose deliveries it could sign',
    { ...SHOP, QUAY_WEBHOOK_SECRET: SHOPS_NEW },
    [/^GITHUB_WEBHOOK_SECRET_SHOP has a secret that is in QUAY_WEBHOOK_SECRET too/],
  ],
  [
    "a token that is the owner's",
    { ...SHOP, WEBHOOK_MANUAL_TOKEN: TILLS },
    [/^WEBHOOK_TOKEN_SHOP has a secret that is in WEBHOOK_MANUAL_TOKEN too/],
  ],
  [
    'two tenants with one secret',
    { ...SHOP, GITHUB_WEBHOOK_SECRET_BAR: SHOPS, WEBHOOK_UNITS_BAR: 'bar' },
    [
      /^GITHUB_WEBHOOK_SECRET_SHOP has .* GITHUB_WEBHOOK_SECRET_BAR/,
      /^GITHUB_WEBHOOK_SECRET_BAR has .* GITHUB_WEBHOOK_SECRET_SHOP/,
    ],
  ],
  [
    'one secret in two places of a tenant',
    { ...SHOP, WEBHOOK_TOKEN_SHOP: SHOPS },
    [
      /^GITHUB_WEBHOOK_SECRET_SHOP has .* WEBHOOK_TOKEN_SHOP/,
      /^WEBHOOK_TOKEN_SHOP has .* GITHUB_WEBHOOK_SECRET_SHOP/,
    ],
  ],
]

for (const [why, env, problems] of WRONG) {
  t.test(why, async t => {
    const error = await Promise.resolve()
      .then(() => parseConfig(env, ROOT))
      .then(
        () => undefined,
        error => error,
      )
    t.ok(error instanceof ConfigError)
    const told = (error as ConfigError).problems
    t.equal(told.length, problems.length, told.join('\n'))
    for (const [index, problem] of problems.entries()) t.match(told[index], problem)
    for (const secret of [OWNERS, SHOPS, SHOPS_NEW, TILLS])
      t.notMatch(told.join('\n'), secret, 'no secret is shown')
  })
}

t.test('the owner may use one secret twice, as before there were tenants', async t => {
  t.doesNotThrow(() =>
    parseConfig({ GITHUB_WEBHOOK_SECRET: OWNERS, QUAY_WEBHOOK_SECRET: OWNERS, WEBHOOK_TOKEN: OWNERS }, ROOT),
  )
})

t.test('FILE is no tenant, and the file of a tenant is its secret', async t => {
  const names = [
    'GITHUB_WEBHOOK_SECRET_FILE',
    'WEBHOOK_TOKEN_FILE',
    'WEBHOOK_MANUAL_TOKEN_SHOP',
    'WEBHOOK_UNITS',
    'WEBHOOK_UNIT_DIR',
  ]
  t.strictSame(names.filter(isTenantVariable), [])
  t.strictSame(
    tenantSecrets(['QUAY_WEBHOOK_SECRET_A_FILE', 'QUAY_WEBHOOK_SECRET_A', 'WEBHOOK_UNITS_A', ...names]),
    ['QUAY_WEBHOOK_SECRET_A'],
  )
})
