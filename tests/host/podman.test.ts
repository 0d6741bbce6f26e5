// podman's command lines as literals, and what it prints as it really prints it, over several of its versions.
import t from 'tap'
import { CONTAINERS_ARGV, healthCheckArgv, parseContainers, parseHealthCheck } from '../../lib/host/podman.js'
import { assign, imagesArgv, parseImages, parsePull, pullArgv } from '../../lib/host/podman-images.js'

const ID = '3d2c1b0a'.repeat(8)
const OTHER = 'feedbeef'.repeat(8)

t.test('command lines', async t => {
  const rows: readonly (readonly [why: string, argv: readonly string[], line: string])[] = [
    [
      'a health check',
      healthCheckArgv('abc'),
      'podman container inspect --format={{json .Config.Healthcheck}}\n{{json .Config.StartupHealthCheck}} -- abc',
    ],
    [
      'images',
      imagesArgv(['a', 'b']),
      'podman image inspect --format={{.Id}} {{.Digest}} {{json .RepoTags}} -- a b',
    ],
    ['every container', CONTAINERS_ARGV, 'podman ps --all --no-trunc --format=json'],
    ['pull', pullArgv('ghcr.io/acme/web:latest'), 'podman pull --quiet -- ghcr.io/acme/web:latest'],
  ]
  for (const [why, argv, line] of rows) t.equal(argv.join(' '), line, why)
  t.strictSame(pullArgv('-rf x').slice(-2), ['--', '-rf x'], 'one argument, and no option')
})

t.test('parseContainers: a container of a quadlet', async t => {
  const text = `[
  {
    "AutoRemove": true,
    "Command": ["nginx", "-g", "daemon off;"],
    "CreatedAt": "2 minutes ago",
    "CIDFile": "",
    "Exited": false,
    "ExitedAt": -62135596800,
    "ExitCode": 0,
    "Id": "${'a1'.repeat(32)}",
    "Image": "ghcr.io/acme/web:latest",
    "ImageID": "${ID}",
    "IsInfra": false,
    "Labels": { "PODMAN_SYSTEMD_UNIT": "web.service", "org.opencontainers.image.version": "1" },
    "Mounts": [],
    "Names": ["systemd-web"],
    "Namespaces": {},
    "Networks": ["podman"],
    "Pid": 4711,
    "Pod": "",
    "PodName": "",
    "Ports": null,
    "Restarts": 0,
    "Size": null,
    "StartedAt": 1767225600,
    "State": "running",
    "Status": "Up 2 minutes (healthy)",
    "Created": 1767225600
  }
]
`
  const [container, ...more] = parseContainers(text)
  t.match(container, {
    id: 'a1'.repeat(32),
    name: 'systemd-web',
    image: 'ghcr.io/acme/web:latest',
    imageId: ID,
    state: 'running',
    infra: false,
    claimedUnit: 'web.service',
  })
  t.equal(container?.pod, '')
  t.strictSame(more, [])
})

t.test('parseContainers: what else is printed', async t => {
  const row = {
    Id: 'c',
    Names: ['n'],
    Image: 'i',
    ImageID: ID,
    State: 'running',
    Pod: '',
    IsInfra: false,
    Labels: {},
  }
  const rows: readonly (readonly [why: string, change: object, expected: object])[] = [
    ['an algorithm before the image id', { ImageID: `sha256:${ID}` }, { imageId: ID }],
    ['no labels', { Labels: null }, { claimedUnit: '' }],
    ['no names', { Names: null }, { name: '' }],
    ['several names', { Names: ['first', 'second'] }, { name: 'first' }],
    ['a label of nobody', { Labels: { a: 'b' } }, { claimedUnit: '' }],
    ['in a pod', { Pod: 'p1', IsInfra: true, Image: '' }, { pod: 'p1', infra: true, image: '' }],
    ['no longer running', { State: 'exited' }, { state: 'exited' }],
    [
      'fields that are left out',
      { Pod: undefined, IsInfra: undefined, Names: undefined },
      { pod: '', infra: false, name: '' },
    ],
  ]
  for (const [why, change, expected] of rows) {
    const [container] = parseContainers(JSON.stringify([{ ...row, ...change }]))
    const got = Object.fromEntries(Object.entries(container ?? {}).filter(([name]) => name in expected))
    t.strictSame(got, expected, why)
  }
  for (const nothing of ['', '\n', '[]\n'])
    t.strictSame(parseContainers(nothing), [], JSON.stringify(nothing))
  t.throws(() => parseContainers('[{"Id":1}]'), 'another form of output is an error, not an empty list')
  t.throws(() => parseContainers('Error: something'))
})

t.test('parsePull: the last line is the image id', async t => {
  const rows: readonly (readonly [why: string, text: string, id: string | undefined])[] = [
    ['the id', `${ID}\n`, ID],
    ['without a newline', ID, ID],
    ['with an algorithm', `sha256:${ID}\n`, ID],
    ['after what was not meant to be said', `Trying to pull…\n${OTHER}\nWarning\n${ID}\n`, ID],
    ['nothing', '', undefined],
    ['a sentence', 'Error: something\n', undefined],
    ['a short id', `${ID.slice(0, 12)}\n`, undefined],
    ['upper case', `${ID.toUpperCase()}\n`, undefined],
    ['an id that is not the last line', `${ID}\nsomething\n`, undefined],
  ]
  for (const [why, text, id] of rows) t.equal(parsePull(text), id, why)
})

t.test('how long a health check may take to decide, as 5.4 prints it', async t => {
  const printed =
    '{"Test":["CMD-SHELL","test -f /ok"],"StartPeriod":5000000000,"Interval":30000000000,"Timeout":10000000000,"Retries":3}'
  t.equal(parseHealthCheck(printed), 125_000)
  t.equal(
    parseHealthCheck('{"Test":["CMD-SHELL","true"],"Interval":60000000000,"Timeout":1,"Retries":2}'),
    120_000.000002,
  )
  t.equal(parseHealthCheck('null'), 0)
  const both = `${printed}\n{"Test":["CMD-SHELL","test -f /tmp/ok"],"Interval":2000000000,"Timeout":1000000000,"Retries":30}`
  t.equal(parseHealthCheck(both), 125_000 + 90_000, 'a startup check has its own time before it')
  t.equal(parseHealthCheck(both.replace('"Retries":30', '"Retries":0')), Number.POSITIVE_INFINITY)
  t.equal(parseHealthCheck('null\nnull'), 0)
})

t.test('several images that podman was asked for at once, as 5.4 prints them', async t => {
  const text = `${ID} sha256:aa ["localhost/kept:web","ghcr.io/acme/web:latest"]\n${OTHER} sha256:bb []\n`
  const [web, nameless] = parseImages(text)
  t.strictSame(web, { id: ID, digest: 'sha256:aa', names: ['localhost/kept:web', 'ghcr.io/acme/web:latest'] })
  t.strictSame(nameless, { id: OTHER, digest: 'sha256:bb', names: [] })
  t.strictSame(parseImages(`sha256:${ID}  null\n`), [{ id: ID, digest: '', names: [] }])
  t.strictSame(parseImages(''), [])
  t.throws(() => parseImages(`${ID} sha256:aa [x]`), SyntaxError)

  const found = parseImages(text).slice(0, 1)
  const known = { id: ID, digest: 'sha256:aa' }
  const rows: readonly (readonly [why: string, references: string[], is: unknown[]])[] = [
    ['all are there: in their order, whatever they are called', ['short'], [known]],
    [
      'one is there, and it is known by its name which',
      ['localhost/kept:db', 'ghcr.io/acme/web:latest'],
      [undefined, known],
    ],
    [
      'one has another name there: each is asked for by itself',
      ['localhost/kept:db', 'web'],
      ['localhost/kept:db', 'web'],
    ],
  ]
  for (const [why, references, is] of rows) t.strictSame(assign(references, found), is, why)
  t.strictSame(assign(['a', 'b'], []), [undefined, undefined], 'none is there')
})
