// Senders that are not GitHub, through the built program: what they cannot tell, what makes two of their requests one, and what
// happens where a refusal would make them stop.
import { createHmac } from 'node:crypto'
import { matchAll } from '../support/match-all.js'
import { type HeaderList, requestBytes } from '../support/request.js'
import { journey, type World } from '../support/world.js'

const SECRET = 'a secret of the tests, long enough'
const KEY = Buffer.from('a signing key of the tests')
const OLD = '0'.repeat(64)

/** A delivery, as JSON. */
function send(world: World, target: string, headers: HeaderList, payload: object | string) {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const all: HeaderList = [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(Buffer.byteLength(body))],
    ...headers,
  ]
  return world.send(requestBytes('POST', target, all, body))
}
const BEARER = [['Authorization', `Bearer ${SECRET}`]] as const
const quay = (world: World, tags: readonly string[] = ['latest']) =>
  send(world, `/hooks/quay?token=${encodeURIComponent(SECRET)}`, [], {
    docker_url: 'quay.io/acme/web',
    updated_tags: tags,
  })
const distribution = (world: World, payload: object | string, target = '/hooks/distribution') =>
  send(world, target, BEARER, payload)
const event = (id: string, tag: string, host = 'registry:5000') => ({
  events: [{ id, action: 'push', target: { repository: 'acme/web', tag }, request: { host } }],
})
const zot = (world: World, id: string | undefined) =>
  send(
    world,
    '/hooks/zot',
    [
      ...BEARER,
      ['Ce-Type', 'zotregistry.image.updated'],
      ...(id === undefined ? [] : [['Ce-Id', id] as const]),
    ],
    {
      name: 'acme/web',
      reference: 'latest',
    },
  )

journey(
  'Quay: every push of a tag has the same bytes, and each is work',
  async (t, world) => {
    world.setUnit('web.service', 'quay.io/acme/web:latest', OLD)
    const replies = [await quay(world), await quay(world)]
    t.strictSame(
      replies.map(({ status, json }) => [status, (json as { status: string }).status]),
      [
        [202, 'accepted'],
        [202, 'accepted'],
      ],
    )
    const [second, first] = world.events()
    t.not(first?.['delivery'], second?.['delivery'], 'no id, so none is the same')
    t.match(first, { path: '/hooks/quay', delivery: /^quay:[0-9a-f]{64}$/ }, 'the token is not kept')
  },
  { QUAY_WEBHOOK_SECRET: SECRET },
)

journey(
  'Distribution: what it repeats is one, and the host is the one that units pull from',
  async (t, world) => {
    world.setUnit('web.service', 'registry.example.org/acme/web:latest', OLD)
    const first = await distribution(world, event('b3ca74a2', 'latest'))
    const again = await distribution(world, event('b3ca74a2', 'latest'))
    const next = await distribution(world, event('c4db85b3', 'latest'))
    t.strictSame([first.status, again.status, next.status], [202, 200, 202])
    t.match(again.json, { status: 'duplicate' })
    t.strictSame(
      world.events().map(({ delivery }) => delivery),
      ['distribution:c4db85b3', 'distribution:b3ca74a2', 'distribution:b3ca74a2'],
    )
  },
  { DISTRIBUTION_WEBHOOK_SECRET: SECRET, DISTRIBUTION_REGISTRY: 'registry.example.org' },
)

journey(
  'Distribution: what is authentic is never refused, for all else would wait behind it for ever; who is not is',
  async (t, world) => {
    world.setUnit('web.service', 'registry:5000/acme/web:latest', OLD)
    const good = await distribution(world, event('1', 'latest'))
    const limited = await distribution(world, event('2', 'latest'))
    const odd = await distribution(world, '{"events":')
    const list = await distribution(world, '[]')
    const wrong = await send(
      world,
      '/hooks/distribution',
      [['Authorization', 'Bearer x']],
      event('3', 'latest'),
    )
    const type = await send(
      world,
      '/hooks/distribution',
      [...BEARER, ['Content-Encoding', 'gzip']],
      event('4', 'latest'),
    )
    t.strictSame(
      [good, limited, odd, list, wrong, type].map(({ status }) => status),
      [202, 200, 200, 200, 401, 415],
    )
    t.match(limited.json, { status: 'ignored', reason: /^rate limit exceeded/ })
    t.match(odd.json, { status: 'ignored', reason: 'the body is not a JSON object in UTF-8' })
    for (const { stderr } of [limited, odd, list]) t.match(stderr, /^<4>distribution: .*; answered 200/m)
    t.notMatch(good.stderr, /<4>/)
  },
  { DISTRIBUTION_WEBHOOK_SECRET: SECRET, WEBHOOK_IMAGE_LIMIT_COUNT: '1' },
)

journey(
  'who is told by a refusal is refused',
  async (t, world) => {
    world.setUnit('web.service', 'registry.example/acme/web:latest', OLD)
    t.strictSame([(await zot(world, '1')).status, (await zot(world, '2')).status], [202, 429])
    t.equal((await send(world, '/hooks/zot', BEARER, '[]')).status, 400)
  },
  { ZOT_WEBHOOK_SECRET: SECRET, WEBHOOK_IMAGE_LIMIT_COUNT: '1' },
)

journey(
  'zot: the body of a tag that went back is one of before, so its id tells; any host fits',
  async (t, world) => {
    world.setUnit('web.service', 'registry.example/acme/web:latest', OLD)
    const replies = [
      await zot(world, '1'),
      await zot(world, '1'),
      await zot(world, '2'),
      await zot(world, undefined),
    ]
    t.strictSame(
      replies.map(({ status }) => status),
      [202, 200, 202, 202],
      'without an id the body is all that tells',
    )
    const odd = await zot(world, `\u00e9${'x'.repeat(200)}`)
    t.equal(odd.status, 202)
    t.match(
      world.events()[0],
      { delivery: /^zot:[0-9a-f]{64}$/ },
      'an id that is long, or odd, is kept by its hash',
    )
  },
  { ZOT_WEBHOOK_SECRET: SECRET },
)

journey(
  'GitLab: a pipeline has all units looked at that run an image of the project, or below it',
  async (t, world) => {
    for (const [name, image] of [
      ['web', 'registry.gitlab.com/acme/web:main'],
      ['api', 'registry.gitlab.com/acme/web/api:v1'],
      ['other', 'registry.gitlab.com/acme/website:main'],
      ['hub', 'docker.io/acme/web:main'],
    ] as const)
      world.setUnit(`${name}.service`, image, OLD)
    const { status, json } = await send(world, '/hooks/gitlab', [['X-Gitlab-Token', SECRET]], {
      object_kind: 'pipeline',
      object_attributes: { status: 'success' },
      project: { path_with_namespace: 'Acme/Web' },
    })
    t.equal(status, 202)
    matchAll(t, json, { tasks: [{ unit: 'web.service' }, { unit: 'api.service' }] })
  },
  {
    GITLAB_WEBHOOK_SECRET: SECRET,
    GITLAB_REGISTRY: 'registry.gitlab.com',
    WEBHOOK_MANUAL_UNITS: 'web api other hub',
  },
)

journey(
  'Gitea folds tags to lower case, also that of a unit',
  async (t, world) => {
    world.setUnit('web.service', 'forge.example.org/acme/web:V1-RC', OLD)
    const body = JSON.stringify({
      action: 'created',
      package: {
        ...{ type: 'container', name: 'web', version: 'v1-rc', owner: { login: 'acme' } },
        html_url: 'https://forge.example.org/acme/-/packages/container/web/v1-rc',
      },
    })
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    const headers: HeaderList = [
      ['X-Gitea-Event', 'package'],
      ['X-GitHub-Event', 'package'],
      ['X-GitHub-Delivery', '1'],
      ['X-Gitea-Signature', signature],
      ['X-Hub-Signature-256', `sha256=${signature}`],
    ]
    t.equal((await send(world, '/hooks/gitea', headers, body)).status, 202)
    const lost = await send(world, '/hooks/github', headers, body)
    t.equal(lost.status, 422, 'at the path of GitHub the forge shows what to do')
    t.match(lost.json, { detail: /change its URL to \/hooks\/forgejo or \/hooks\/gitea/ })
  },
  { GITEA_WEBHOOK_SECRET: SECRET, GITHUB_WEBHOOK_SECRET: SECRET },
)

journey(
  'Standard Webhooks: the id is signed, so the same body under another is new',
  async (t, world) => {
    world.setUnit('web.service', 'registry.example/acme/web:latest', OLD)
    const body = JSON.stringify({ type: 'image.pushed', data: { image: 'registry.example/acme/web:latest' } })
    const signed = (id: string, secs: number) => {
      const mac = createHmac('sha256', KEY).update(`${id}.${secs}.${body}`).digest('base64')
      const headers: HeaderList = [
        ['webhook-id', id],
        ['webhook-timestamp', String(secs)],
        ['webhook-signature', `v1,${mac}`],
      ]
      return send(world, '/hooks/standard', headers, body)
    }
    const now = Math.floor(Date.now() / 1000)
    const statuses = []
    for (const [id, secs] of [
      ['1', now],
      ['1', now + 1],
      ['2', now],
      ['3', now - 400],
    ] as const)
      statuses.push((await signed(id, secs)).status)
    t.strictSame(
      statuses,
      [202, 200, 202, 401],
      'sent again with a later time it is the same; too old it is nobody',
    )
  },
  { STANDARD_WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}` },
)

journey(
  'a sender without a secret lets nobody in, nor one whose secret is of another kind',
  async (t, world) => {
    const harbor = await send(world, '/hooks/harbor', BEARER, {})
    t.equal(harbor.status, 503)
    t.match(harbor.stderr, /HARBOR_WEBHOOK_SECRET is not set/)
    const standard = await send(world, '/hooks/standard', BEARER, {})
    t.equal(standard.status, 503)
    t.match(standard.stderr, /STANDARD_WEBHOOK_SECRET has no key of the kind/)
    for (const { json } of [harbor, standard]) t.notMatch(JSON.stringify(json), 'WEBHOOK_SECRET')
    t.equal((await send(world, '/hooks/nobody', BEARER, {})).status, 404)
  },
  { STANDARD_WEBHOOK_SECRET: SECRET },
)
