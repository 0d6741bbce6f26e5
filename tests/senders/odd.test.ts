// Payloads that are authentic and nearly what a sender sends: a field is missing, empty or of another kind. What can be read of them is
// read; the rest is no image, and nothing throws.
import t from 'tap'
import { forEachSender, type SenderName } from '../../lib/config/sender-names.js'
import { hookUrls } from '../../lib/senders/hook-urls.js'
import { SENDERS } from '../../lib/senders/index.js'
import { follows, formatPushed, parseImage } from '../../lib/targets/image.js'

type Row = readonly [why: string, name: SenderName, payload: object, images: readonly string[] | string]

const HEADERS: Readonly<Partial<Record<SenderName, Record<string, string[]>>>> = {
  gitea: { 'x-gitea-event': ['package'] },
}
const event = (action: string, target: object) => ({
  action,
  target: { repository: 'acme/web', ...target },
  request: { host: 'r.example' },
})
const gitea = (more: object) => ({
  action: 'created',
  package: {
    type: 'container',
    owner: { login: 'acme' },
    name: 'web',
    version: 'latest',
    html_url: 'https://f.example/x',
    ...more,
  },
})
const ecr = (more: object, detail: object = {}) => ({
  'detail-type': 'ECR Image Action',
  account: '1',
  region: 'eu-1',
  ...more,
  detail: {
    'action-type': 'PUSH',
    result: 'SUCCESS',
    'repository-name': 'web',
    'image-tag': 'v1',
    ...detail,
  },
})
const harbor = (...resources: object[]) => ({ type: 'PUSH_ARTIFACT', event_data: { resources } })

const ROWS: readonly Row[] = [
  ['a blob, which has no tag', 'distribution', { events: [event('push', {})] }, 'no tag was pushed'],
  ['an empty tag', 'distribution', { events: [event('push', { tag: '' })] }, 'no tag was pushed'],
  ['a tag that is a number', 'distribution', { events: [event('push', { tag: 5 })] }, 'no tag was pushed'],
  ['a tag that is a list', 'distribution', { events: [event('push', { tag: ['v1'] })] }, 'no tag was pushed'],
  [
    'of several events those that push a tag',
    'distribution',
    { events: [event('pull', { tag: 'v0' }), event('push', {}), event('push', { tag: 'v1' })] },
    ['r.example/acme/web:v1'],
  ],
  [
    'more tags than can be looked at',
    'distribution',
    { events: Array.from({ length: 101 }, (_, index) => event('push', { tag: `v${index}` })) },
    Array.from({ length: 100 }, (_, index) => `r.example/acme/web:v${index}`),
  ],
  ['a repository without a push', 'dockerhub', { repository: { repo_name: 'acme/web' } }, 'not understood'],
  ['a push without a repository', 'dockerhub', { push_data: { tag: 'v1' } }, 'not understood'],
  [
    'a push without a tag',
    'dockerhub',
    { push_data: {}, repository: { repo_name: 'acme/web' } },
    'no usable tag',
  ],
  ['as it should be', 'ecr', ecr({}), ['1.dkr.ecr.eu-1.amazonaws.com/web:v1']],
  ['a scan, with the same detail', 'ecr', ecr({ 'detail-type': 'ECR Image Scan' }), 'event is not a push'],
  ['as it should be', 'gitea', gitea({}), ['f.example/acme/web:latest']],
  ['no URL: any host', 'gitea', gitea({ html_url: undefined }), ['*/acme/web:latest']],
  ['a URL that is none: any host', 'gitea', gitea({ html_url: '/acme/web' }), ['*/acme/web:latest']],
  ['a URL without a host: any host', 'gitea', gitea({ html_url: 'mailto:x' }), ['*/acme/web:latest']],
  [
    'as it should be',
    'harbor',
    harbor({ resource_url: 'h.example/acme/web:v1', tag: 'v1' }),
    ['h.example/acme/web:v1'],
  ],
  [
    'a URL that ends in another tag',
    'harbor',
    harbor({ resource_url: 'h.example/acme/web:v1', tag: 'v2' }),
    'no usable tag',
  ],
  ['no tag', 'harbor', harbor({ resource_url: 'h.example/acme/web:v1' }), 'no usable tag'],
  [
    'a tag and a digest, which decides what is pulled',
    'harbor',
    harbor({ resource_url: `h.example/acme/web@sha256:${'a'.repeat(64)}:v1`, tag: 'v1' }),
    'no usable tag',
  ],
  [
    'as it should be',
    'quay',
    { docker_url: 'quay.io/acme/web', updated_tags: ['v1'] },
    ['quay.io/acme/web:v1'],
  ],
  ['a tag that is a number', 'quay', { docker_url: 'quay.io/acme/web', updated_tags: [5] }, 'no usable tag'],
  [
    'a tag that is a list',
    'quay',
    { docker_url: 'quay.io/acme/web', updated_tags: [['v1']] },
    'no usable tag',
  ],
  ['an empty tag', 'quay', { docker_url: 'quay.io/acme/web', updated_tags: [''] }, 'no usable tag'],
  ['a repository without a host', 'quay', { docker_url: 'web', updated_tags: ['v1'] }, 'no usable tag'],
  ['no repository', 'quay', { updated_tags: ['v1'] }, 'no usable tag'],
]

for (const [why, name, payload, expected] of ROWS) {
  t.test(`${name}: ${why}`, async t => {
    const sender = await SENDERS[name]()
    const reading = sender.read(HEADERS[name] ?? {}, payload)
    if (reading.kind === 'push') t.strictSame(reading.images.map(formatPushed), expected)
    else t.strictSame(reading, { kind: 'ignored', reason: expected })
  })
}

t.test('gitlab: a project has its images below it too', async t => {
  const { read } = await SENDERS.gitlab()
  const attributes = { status: 'success', source: 'push' }
  const project = { path_with_namespace: 'acme/web' }
  const reading = read({}, { object_kind: 'pipeline', object_attributes: attributes, project })
  const isFollowed = (text: string) => {
    const used = parseImage(text)
    return reading.kind === 'push' && used !== undefined && reading.images.some(image => follows(used, image))
  }
  t.ok(isFollowed('registry.example/acme/web:v1'))
  t.ok(isFollowed('registry.example/acme/web/worker:latest'))
  t.notOk(isFollowed('registry.example/acme/webshop:latest'))
  t.notOk(isFollowed('registry.example/acme/other:latest'))
})

t.test('where the webhooks of a unit are: one for each sender with a secret', async t => {
  const senders = forEachSender(name => ({
    secrets: ['github', 'zot'].includes(name) ? ['x'] : [],
    registry: undefined,
  }))
  const publicUrl = 'https://h.example/up'
  t.strictSame(hookUrls('web.service', { senders, publicUrl: undefined }), [
    '/hooks/github/web',
    '/hooks/zot/web',
  ])
  t.strictSame(hookUrls('a.service-x.service', { senders, publicUrl }), [
    `${publicUrl}/hooks/github/a.service-x`,
    `${publicUrl}/hooks/zot/a.service-x`,
  ])
})
