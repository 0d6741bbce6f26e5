// Image references: what is one image under several spellings, what is none, and what a push moves. The rows are the
// rules of podman and docker; the invalid ones have all been sent to webhook receivers, by mistake or not.
import t from 'tap'
import {
  follows,
  formatImage,
  formatPushed,
  isQualified,
  isTag,
  parseImage,
  parsePushed,
  sameRepository,
} from '../../lib/targets/image.js'

const HEX = '0123456789abcdef'.repeat(4)
const DIGEST = `sha256:${HEX}`

t.test('spellings', async t => {
  const rows: readonly (readonly [why: string, text: string, spelling: string])[] = [
    ['docker.io and library/ are the default', 'nginx', 'docker.io/library/nginx:latest'],
    ['a tag alone names no host', 'nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['a user of Docker Hub is not in library/', 'acme/web', 'docker.io/acme/web:latest'],
    ['docker.io may be written', 'docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['and so may library/', 'docker.io/library/nginx:latest', 'docker.io/library/nginx:latest'],
    ['hosts have no case', 'Docker.IO/library/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io is an old name', 'index.docker.io/acme/web', 'docker.io/acme/web:latest'],
    ['registry-1.docker.io is where it is', 'registry-1.docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['GitHub sends owners as they are spelt', 'ghcr.io/Acme/Web:v1', 'ghcr.io/acme/web:v1'],
    ['tags have case', 'ghcr.io/acme/web:V1', 'ghcr.io/acme/web:V1'],
    ['no tag is latest', 'ghcr.io/acme/web', 'ghcr.io/acme/web:latest'],
    ['library/ is only of docker.io', 'ghcr.io/nginx', 'ghcr.io/nginx:latest'],
    ['a port makes a host', 'registry:5000/web', 'registry:5000/web:latest'],
    ['a port is not a tag', 'registry:5000/acme/web:v2', 'registry:5000/acme/web:v2'],
    ['localhost is a host', 'localhost/web', 'localhost/web:latest'],
    ['localhost with a port', 'localhost:5000/acme/web:1', 'localhost:5000/acme/web:1'],
    ['an address is a host', '10.0.0.1:5000/web', '10.0.0.1:5000/web:latest'],
    ['an IPv6 address too', '[fd00::1]:5000/web:2', '[fd00::1]:5000/web:2'],
    ['a host of one character', 'a:5000/web', 'a:5000/web:latest'],
    ['more than a character after a separator', 'ghcr.io/foo-bar_baz/x', 'ghcr.io/foo-bar_baz/x:latest'],
    ['deep repositories', 'gitlab.example/a/b/c/d:x', 'gitlab.example/a/b/c/d:x'],
    ['separators inside a name', 'ghcr.io/a-b.c__d/e--f:_x.y-z', 'ghcr.io/a-b.c__d/e--f:_x.y-z'],
    ['a digest pins', `ghcr.io/acme/web@${DIGEST}`, `ghcr.io/acme/web:latest@${DIGEST}`],
    ['a tag beside a digest is kept', `ghcr.io/acme/web:v1@${DIGEST}`, `ghcr.io/acme/web:v1@${DIGEST}`],
    ['the longest tag', `ghcr.io/a/b:${'t'.repeat(128)}`, `ghcr.io/a/b:${'t'.repeat(128)}`],
  ]
  for (const [why, text, spelling] of rows) {
    const image = parseImage(text)
    t.equal(image && formatImage(image), spelling, `${why}: ${text}`)
    t.strictSame(parseImage(spelling), image, `${spelling} is a fixed point`)
  }
})

t.test('a name that says its registry', async t => {
  const rows: readonly (readonly [text: string, isQualified: boolean])[] = [
    ['ghcr.io/acme/web', true],
    ['registry:5000/web:1', true],
    ['localhost/web', true],
    ['nginx', false],
    ['nginx:1.27', false],
    ['acme/web.x', false],
    ['acme/web', false],
    ['mylocalhost/web', false],
    ['localhostess/web', false],
    ['ghcr.io/', false],
  ]
  for (const [text, expected] of rows) t.equal(isQualified(text), expected, text)
})

t.test('not references', async t => {
  const rows: readonly (readonly [why: string, text: string])[] = [
    ['nothing', ''],
    ['an empty tag: an untagged child', 'ghcr.io/acme/web:'],
    ['no name', ':latest'],
    ['a host alone', 'ghcr.io/'],
    ['an empty part', 'ghcr.io/a//b'],
    ['a slash at the end', 'ghcr.io/acme/web/'],
    ['a slash at the beginning', '/acme/web'],
    ['parent directories', '../../x'],
    ['a parent directory inside', 'ghcr.io/acme/../web'],
    ['a tag that is a path', 'ghcr.io/acme/web:../../x'],
    ['a tag that is an option', 'ghcr.io/acme/web:-rf'],
    ['a name that is an option', '--help'],
    ['a space', 'ghcr.io/acme/web:a b'],
    ['a shell', 'ghcr.io/acme/web:a;reboot'],
    ['129 characters of tag', `ghcr.io/acme/web:${'t'.repeat(129)}`],
    ['a newline', 'ghcr.io/acme/web:latest\n'],
    ['credentials', 'user@ghcr.io/x'],
    ['credentials with a password', 'user:password@ghcr.io/x/y:latest'],
    ['a scheme', 'https://ghcr.io/acme/web'],
    ['a transport', 'docker://ghcr.io/acme/web'],
    ['a homoglyph (Cyrillic е)', 'ghcr.io/acm\u0435/web'],
    ['the Kelvin sign, which lower-cases to k', 'ghcr.io/\u212aube/web'],
    ['a full-width letter', 'ghcr.io/acme/\uff57eb'],
    ['a short digest, as in the example of octokit', `ghcr.io/acme/web@sha256:${HEX.slice(0, 40)}`],
    ['another algorithm that ends like it', `ghcr.io/acme/web@xsha256:${HEX}`],
    ['another algorithm', 'ghcr.io/acme/web@md5:d41d8cd98f00b204e9800998ecf8427e'],
    ['upper-case hex', `ghcr.io/acme/web@sha256:${HEX.toUpperCase()}`],
    ['two digests', `ghcr.io/acme/web@${DIGEST}@${DIGEST}`],
    ['an empty digest', 'ghcr.io/acme/web@'],
    ['a port that is none', 'ghcr.io:port/acme/web'],
    ['a port that is too long', 'ghcr.io:123456/acme/web'],
    ['more than 512 characters', `ghcr.io/${'a'.repeat(512)}`],
  ]
  for (const [why, text] of rows) t.equal(parseImage(text), undefined, why)
})

t.test('follows: whether a push moves what a unit uses', async t => {
  const rows: readonly (readonly [why: string, used: string, pushed: string, follows: boolean])[] = [
    ['the same', 'ghcr.io/acme/web:latest', 'ghcr.io/acme/web:latest', true],
    ['in another spelling', 'nginx', 'Docker.io/library/nginx:latest', true],
    ['another tag', 'ghcr.io/acme/web:latest', 'ghcr.io/acme/web:v1', false],
    ['the tag in another case', 'ghcr.io/acme/web:v1', 'ghcr.io/acme/web:V1', false],
    ['another repository', 'ghcr.io/acme/web', 'ghcr.io/acme/api', false],
    ['a longer repository', 'ghcr.io/acme/web', 'ghcr.io/acme/web/x', false],
    ['another host', 'ghcr.io/acme/web', 'docker.io/acme/web', false],
    ['a host that only begins the same', 'ghcr.io/acme/web', 'ghcr.io.evil.example/acme/web', false],
    ['another port', 'registry:5000/web', 'registry:5001/web', false],
    ['a pinned unit follows nothing', `ghcr.io/acme/web@${DIGEST}`, 'ghcr.io/acme/web:latest', false],
    ['not even its own digest', `ghcr.io/acme/web@${DIGEST}`, `ghcr.io/acme/web@${DIGEST}`, false],
    ['a push may name its digest too', 'ghcr.io/acme/web', `ghcr.io/acme/web:latest@${DIGEST}`, true],
  ]
  for (const [why, used, pushed, expected] of rows) {
    t.equal(follows(parseImage(used)!, parseImage(pushed)!), expected, why)
  }
})

t.test('tags and digests by themselves', async t => {
  for (const tag of ['latest', 'V1', '_x', '1.2.3-rc.1', 'a'.repeat(128)]) t.ok(isTag(tag), tag)
  for (const tag of ['', '.x', '-x', 'a/b', 'a:b', 'é', 'a'.repeat(129), 'a\n']) t.notOk(isTag(tag), tag)
  t.equal(parseImage(`web@${DIGEST}`)?.digest, DIGEST)
  for (const digest of [HEX, `sha512:${HEX}`, `sha256:${HEX}0`, `${DIGEST}\n`])
    t.equal(parseImage(`web@${digest}`), undefined, digest)
})

t.test('what a sender tells by its parts: a host that no reference can have is as good as none', async t => {
  type Part = string | undefined
  const rows: readonly (readonly [why: string, host: Part, repository: Part, tag: Part, spelling: Part])[] = [
    ['all of it', 'Registry.example', 'Acme/Web', 'V1', 'registry.example/acme/web:V1'],
    ['a port', 'registry:5000', 'acme/web', 'v1', 'registry:5000/acme/web:v1'],
    ['an official image of Docker Hub', 'docker.io', 'web', 'v1', 'docker.io/library/web:v1'],
    ['an old name of Docker Hub', 'index.docker.io', 'acme/web', 'v1', 'docker.io/acme/web:v1'],
    ['no host', undefined, 'acme/web', 'v1', '*/acme/web:v1'],
    [
      'no tag, which is any and not latest',
      'registry.example',
      'acme/web',
      undefined,
      'registry.example/acme/web',
    ],
    ['neither', undefined, 'acme/web', undefined, '*/acme/web'],
    ['a bare name', 'registry', 'acme/web', 'v1', '*/acme/web:v1'],
    ['a name that ends like localhost', 'mylocalhost', 'acme/web', 'v1', '*/acme/web:v1'],
    ['a name that begins like it', 'localhostess', 'acme/web', 'v1', '*/acme/web:v1'],
    ['localhost', 'localhost', 'acme/web', 'v1', 'localhost/acme/web:v1'],
    ['a host with a path', 'registry.example/x', 'acme/web', 'v1', '*/acme/web:v1'],
    ['an empty host', '', 'acme/web', 'v1', '*/acme/web:v1'],
    ['an odd host', 'a b:5', 'acme/web', 'v1', undefined],
    ['credentials', 'user@registry.example', 'acme/web', 'v1', '*/acme/web:v1'],
    ['no repository', 'registry.example', undefined, 'v1', undefined],
    ['a repository with a tag', 'registry.example', 'acme/web:v2', 'v1', undefined],
    ['a repository with an end too many', 'registry.example', 'acme/', 'v1', undefined],
    ['a digest as the tag', 'registry.example', 'acme/web', DIGEST, undefined],
    ['a tag with a digest', 'registry.example', 'acme/web', `v1@${DIGEST}`, undefined],
    ['a tag that is a path', 'registry.example', 'acme/web', 'v1/x', undefined],
    ['control characters', 'registry.example', 'acme/web', 'v1\n', undefined],
  ]
  for (const [why, host, repository, tag, spelling] of rows) {
    const image = parsePushed(host, repository, tag)
    t.equal(image && formatPushed(image), spelling, why)
  }
})

t.test('what is not told fits everything, and nothing else does', async t => {
  const all = { host: 'registry.example', repository: 'acme/web', tag: 'v1' }
  const rows: readonly (readonly [
    why: string,
    more: object,
    used: string,
    follows: boolean,
    same?: boolean,
  ])[] = [
    ['no host', { host: undefined }, 'ghcr.io/acme/web:v1', true],
    ['no host, another tag', { host: undefined }, 'ghcr.io/acme/web:v2', false, true],
    ['no host, another repository', { host: undefined }, 'ghcr.io/acme/api:v1', false],
    ['no tag', { tag: undefined }, 'registry.example/acme/web:v2', true],
    ['no tag, another host', { tag: undefined }, 'ghcr.io/acme/web:v2', false],
    [
      'no tag, and the unit is pinned',
      { tag: undefined },
      `registry.example/acme/web@${DIGEST}`,
      false,
      true,
    ],
    ['below', { below: true }, 'registry.example/acme/web/api:v1', true],
    ['the same, where also below counts', { below: true }, 'registry.example/acme/web:v1', true],
    ['beside', { below: true }, 'registry.example/acme/website:v1', false],
    ['above', { below: true }, 'registry.example/acme:v1', false],
    ['below, where that does not count', {}, 'registry.example/acme/web/api:v1', false],
    ['folded', { foldsTag: true }, 'registry.example/acme/web:V1', true],
    ['folded, another tag', { foldsTag: true }, 'registry.example/acme/web:V2', false, true],
    ['another case, where none is folded', {}, 'registry.example/acme/web:V1', false, true],
  ]
  for (const [why, more, text, expected, same = expected] of rows) {
    const used = parseImage(text)!
    t.equal(follows(used, { ...all, ...more }), expected, why)
    t.equal(sameRepository(used, { ...all, ...more }), same, `${why}: the repository`)
  }
})
