// The drop-in of a unit that stays on an image, as it is read: whole or not at all, and tied to the definition it was made from.
import t from 'tap'
import { definitionDigest, parsePin, pinPath, yamlFiles } from '../../lib/targets/pin.js'
import { formatDropIn } from '../../lib/upgrade/way-back/drop-in.js'

const ID = 'a'.repeat(64)
const BAD = 'b'.repeat(64)
const PIN = { image: 'ghcr.io/acme/web:latest', keptId: ID, badId: BAD, madeFrom: '0123456789abcdef' }
const COMMANDS = {
  start: [{ path: '/usr/bin/podman', words: ['/usr/bin/podman', 'run', ID], flags: [] }],
  before: [],
  condition: { path: '/bin/true', words: ['/bin/true'], flags: [] },
}
const TEXT = formatDropIn('web.service', COMMANDS, PIN)

t.test('what was written is read again', async t => {
  t.strictSame(parsePin(TEXT), PIN)
  const { badId: _, ...rest } = PIN
  const held = { ...rest, hold: 'the day of the audit' }
  t.strictSame(
    parsePin(formatDropIn('web.service', COMMANDS, held)),
    held,
    'a hold has a reason and no bad image',
  )
  t.equal(
    parsePin(formatDropIn('web.service', COMMANDS, { ...held, hold: 'two\nExecStart=/bin/sh lines' }))?.hold,
    'two ExecStart=/bin/sh lines',
    'a reason cannot add a line',
  )
})

t.test('a power cut leaves an empty or a half file: that is no pin', async t => {
  for (let length = 0; length < TEXT.length; length++)
    if (parsePin(TEXT.slice(0, length)) !== undefined) t.fail(`a pin of ${length} bytes`)
  t.equal(parsePin('[Service]\nTimeoutStopSec=5\n'), undefined, 'nor is what somebody else has written there')
})

t.test('the last of all drop-ins, whatever the others are called', async t => {
  const name = pinPath({ unitDir: '/u' }, 'web.service').replace('/u/web.service.d/', '')
  t.strictSame(['zzzz-owner.conf', name, '10-a.conf', 'Z.conf'].sort().at(-1), name)
})

const CAT = `# /run/systemd/generator/web.service
[Service]
ExecStart=/usr/bin/podman run old
# /etc/systemd/system/web.service.d/10-limits.conf
[Service]
MemoryMax=1G
`
const OURS = `# /etc/systemd/system/web.service.d/~~pod-upgrade-trigger.conf\n${TEXT}`

t.test('the definition is what the owner has written, with and without our drop-in', async t => {
  const now = definitionDigest(CAT, undefined)
  t.equal(definitionDigest(CAT + OURS, undefined), now, 'our own drop-in is no part of it')
  t.not(definitionDigest(CAT.replace('run old', 'run new'), undefined), now, 'an edit of the unit')
  t.not(definitionDigest(CAT.replace('1G', '2G'), undefined), now, 'an edit of a drop-in')
  const quadlet = definitionDigest(CAT, '[Container]\nImage=web:v1\n')
  t.equal(
    definitionDigest(CAT.replace('run old', 'run new'), '[Container]\nImage=web:v1\n'),
    quadlet,
    'of a quadlet its files count, not what was generated from them',
  )
  t.not(definitionDigest(CAT, '[Container]\nImage=web:v2\n'), quadlet, 'also before the daemon-reload')
  t.not(definitionDigest(CAT.replace('1G', '2G'), '[Container]\nImage=web:v1\n'), quadlet)
})

t.test('of a kube unit its YAML counts, and its other containers stay on theirs', async t => {
  const kube = `[Service]
ExecStart=/usr/bin/podman kube play --replace --configmap /etc/x/map.yaml /etc/containers/systemd/a.yml
`
  t.strictSame(yamlFiles(kube), ['/etc/x/map.yaml', '/etc/containers/systemd/a.yml'])
  t.strictSame(yamlFiles('ExecStart=/usr/bin/podman run -v /etc/a.yml:/a.yml web'), [])
  t.not(definitionDigest(CAT, kube, ['image: web:v1']), definitionDigest(CAT, kube, ['image: web:v2']))
  const others = [['localhost/side:1', BAD]] as const
  const text = formatDropIn('web.service', COMMANDS, { ...PIN, others })
  t.strictSame(parsePin(text), { ...PIN, others })
})
