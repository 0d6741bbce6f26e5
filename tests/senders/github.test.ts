// GitHub's payloads, field by field: everything in them has been seen missing, null, or of another type. The whole
// requests are in fixtures/senders/github.
import t from 'tap'
import type { Headers } from '../../lib/http/headers.js'
import { github } from '../../lib/senders/known/github.js'
import { formatPushed } from '../../lib/targets/image.js'

const HEX = '0123456789abcdef'.repeat(4)
const V1 = ['ghcr.io/acme/web:v1']
const LATEST = ['ghcr.io/acme/web:latest']
const UNUSABLE = 'no usable tag: an untagged child of a multi-arch image, or a malformed reference'
const NOT_CONTAINER = 'package is not a container image'
const HEADERS: Headers = { 'x-github-event': ['package'], 'x-github-delivery': ['1'] }

/** The images, the reason for which it is ignored, or the status with which it is refused. */
function read(payload: unknown, headers = HEADERS): readonly string[] | string | number {
  const reading = github.read(headers, payload)
  if (reading.kind === 'push') return reading.images.map(formatPushed)
  return reading.kind === 'ignored' ? reading.reason : reading.error.status
}

/** A push of ghcr.io/acme/web with this version, and what else is said of the package. */
const push = (version: unknown, more: object = {}, action: unknown = 'published') => ({
  action,
  package: { name: 'web', namespace: 'acme', package_type: 'CONTAINER', package_version: version, ...more },
})
const url = (package_url: unknown, more: object = {}) => ({ package_url, metadata: [], ...more })
const tag = (name: unknown) => ({ container_metadata: { tag: { name } } })

t.test('where the images are', async t => {
  const rows: readonly (readonly [why: string, payload: unknown, images: readonly string[]])[] = [
    ['the whole reference', push(url('ghcr.io/acme/web:latest')), LATEST],
    ['an owner as it is spelt', push(url('ghcr.io/Acme/Web:V1')), ['ghcr.io/acme/web:V1']],
    ['updated', push(url('ghcr.io/acme/web:latest'), {}, 'updated'), LATEST],
    ['a tag alone', push(tag('v1')), V1],
    [
      'tags of the metadata',
      push({ metadata: { container: { tags: ['a', 'b'] } } }),
      ['ghcr.io/acme/web:a', 'ghcr.io/acme/web:b'],
    ],
    ['one tag of the metadata', push({ metadata: { container: { tag_name: 'c' } } }), ['ghcr.io/acme/web:c']],
    ['said twice', push(url('ghcr.io/acme/web:v1', tag('v1'))), V1],
    [
      'said twice, differently',
      push(url('ghcr.io/acme/web:v1', tag('v2'))),
      ['ghcr.io/acme/web:v1', 'ghcr.io/acme/web:v2'],
    ],
    [
      'another host, for a tag too',
      push(url('containers.ghe.example/a/b:v1', tag('v2'))),
      ['containers.ghe.example/a/b:v1', 'containers.ghe.example/a/b:v2'],
    ],
    ['a digest, with a tag beside it', push(url(`ghcr.io/acme/web@sha256:${HEX}`, tag('v1'))), V1],
    ['a bare colon, with a tag beside it', push(url('ghcr.io/acme/web:', tag('v1'))), V1],
    [
      'the owner, where there is no namespace',
      push(tag('v1'), { namespace: undefined, owner: { login: 'Acme' } }),
      V1,
    ],
    ['an empty namespace is none', push(tag('v1'), { namespace: '', owner: { login: 'acme' } }), V1],
    [
      'a namespace that holds the repository',
      push(tag('v1'), { namespace: 'acme/shop' }),
      ['ghcr.io/acme/shop/web:v1'],
    ],
    ['docker, as it was called', push(tag('v1'), { package_type: 'docker' }), V1],
    ['by the ecosystem alone', push(tag('v1'), { package_type: 'npm', ecosystem: 'Container' }), V1],
    [
      'under the other name',
      { action: 'published', package: null, registry_package: push(tag('v1')).package },
      V1,
    ],
    [
      'tags of many kinds, the odd ones left out',
      push({ metadata: { container: { tags: ['ok', '', '-rf', 'a b', '../x', 'x'.repeat(129)] } } }),
      ['ghcr.io/acme/web:ok'],
    ],
    [
      'a digest is no tag',
      push({ metadata: { container: { tags: [`sha256:${HEX}`, `sha256-${HEX}.sig`, 'ok'] } } }),
      ['ghcr.io/acme/web:ok'],
    ],
  ]
  for (const [why, payload, images] of rows) t.strictSame(read(payload), images, why)
})

t.test('what is ignored', async t => {
  const rows: readonly (readonly [why: string, payload: unknown, reason: string])[] = [
    ['deleted', push(tag('v1'), {}, 'deleted'), 'action is neither published nor updated'],
    [
      'an action in another case',
      push(tag('v1'), {}, 'Published'),
      'action is neither published nor updated',
    ],
    ['another kind of package', push(tag('v1'), { package_type: 'npm' }), NOT_CONTAINER],
    ['no kind', push(tag('v1'), { package_type: null }), NOT_CONTAINER],
    ['a kind that is a list', push(tag('v1'), { package_type: ['container'] }), NOT_CONTAINER],
    ['no version', push(undefined), UNUSABLE],
    ['the version is null', push(null), UNUSABLE],
    ['the version is a list', push([1]), UNUSABLE],
    ['the version is a text', push('v1'), UNUSABLE],
    ['an untagged child', push(url('ghcr.io/acme/web:', tag(''))), UNUSABLE],
    ['no tag, which would be latest', push(url('ghcr.io/acme/web')), UNUSABLE],
    ['no tag, of a host with a port', push(url('registry:5000/acme/web')), UNUSABLE],
    ['a digest alone', push(url(`ghcr.io/acme/web@sha256:${HEX}`)), UNUSABLE],
    ['a tag and a digest', push(url(`ghcr.io/acme/web:v1@sha256:${HEX}`)), UNUSABLE],
    ['the metadata is null', push({ container_metadata: null, metadata: null }), UNUSABLE],
    ['the tag is null', push({ container_metadata: { tag: null } }), UNUSABLE],
    ['the tag is a number', push(tag(5)), UNUSABLE],
    ['the tag is a list', push(tag(['v1'])), UNUSABLE],
    ['tags that are no texts', push({ metadata: { container: { tags: [1, null] } } }), UNUSABLE],
    ['tags that are no list', push({ metadata: { container: { tags: 'v1' } } }), UNUSABLE],
    ['no name', push(tag('v1'), { name: undefined }), UNUSABLE],
    ['an empty name', push(tag('v1'), { name: '' }), UNUSABLE],
    ['a name with a path', push(tag('v1'), { name: '../web' }), UNUSABLE],
    ['a name of another alphabet', push(tag('v1'), { name: 'w\u0435b' }), UNUSABLE],
    ['nobody to own it', push(tag('v1'), { namespace: undefined, owner: null }), UNUSABLE],
    ['a reference with credentials', push(url('user:secret@ghcr.io/acme/web:v1')), UNUSABLE],
    ['a reference that is a number', push(url(1)), UNUSABLE],
    ['control characters', push(url('ghcr.io/acme/web:v1\u0000')), UNUSABLE],
    ['ANSI escapes', push(tag('\u001b[31mv1')), UNUSABLE],
    ['a lone surrogate', push(tag('\ud800')), UNUSABLE],
  ]
  for (const [why, payload, reason] of rows) t.equal(read(payload), reason, why)
})

t.test('what is refused', async t => {
  const rows: readonly (readonly [why: string, payload: unknown])[] = [
    ['no package', { action: 'published' }],
    ['an empty object', {}],
    ['both are null', { action: 'published', package: null, registry_package: null }],
    ['a package that is a text', { action: 'published', package: 'web' }],
    ['a package that is a number', { action: 'published', package: 5 }],
    ['no action', { package: push(tag('v1')).package }],
    ['an action that is a number', push(tag('v1'), {}, 1)],
    ['an action that is null', push(tag('v1'), {}, null)],
    [
      'a package of the prototype',
      JSON.parse('{"action":"published","__proto__":{"package":{"package_type":"CONTAINER"}}}'),
    ],
  ]
  for (const [why, payload] of rows) t.equal(read(payload), 422, why)
  t.equal(Object.getOwnPropertyNames(Object.prototype).includes('package'), false)
})

t.test('the event is what the header says, which is not signed: the body has to agree', async t => {
  const rows: readonly (readonly [why: string, event: readonly string[] | undefined, read: unknown])[] = [
    ['package', ['package'], V1],
    ['registry_package', ['registry_package'], V1],
    ['ping, with the body of a package', ['ping'], 'ping'],
    ['another event', ['workflow_run'], 'event is not a package push'],
    ['another case', ['Package'], 'event is not a package push'],
    ['an empty one', [''], 'event is not a package push'],
    ['none', undefined, 400],
    ['two', ['ping', 'package'], 400],
  ]
  for (const [why, event, expected] of rows)
    t.strictSame(read(push(tag('v1')), { ...HEADERS, 'x-github-event': event }), expected, why)
})

t.test('no more than 100 tags are looked at', async t => {
  const tags = Array.from({ length: 10_000 }, (_, index) => `v${index}`)
  t.equal((read(push({ metadata: { container: { tags } } })) as string[]).length, 100)
})

t.test('delivery ids', async t => {
  const rows: readonly (readonly [why: string, ids: readonly string[] | undefined, ok: boolean])[] = [
    ['a GUID', ['72d3162e-cc78-11e3-81ab-4c9367dc0958'], true],
    ['64 characters', ['a'.repeat(64)], true],
    ['65 characters', ['a'.repeat(65)], false],
    ['none', undefined, false],
    ['an empty one', [''], false],
    ['two', ['a', 'b'], false],
    ['a path', ['../../etc/passwd'], false],
    ['a newline', ['a\nb'], false],
    ['a newline at the end', ['a\n'], false],
    ['a colon', ['github:1'], false],
    ['a quote', ["a'b"], false],
  ]
  for (const [why, ids, ok] of rows)
    t.equal(read(push(tag('v1')), { ...HEADERS, 'x-github-delivery': ids }) !== 400, ok, why)
})

t.test('Forgejo and Gitea at the URL of GitHub: the person is told, and sees it at the forge', async t => {
  const reading = github.read({ ...HEADERS, 'x-gitea-event': ['package'] }, push(tag('v1')))
  t.match(reading, { kind: 'refused', error: { status: 422, detail: /\/hooks\/forgejo or \/hooks\/gitea/ } })
})
