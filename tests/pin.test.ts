// The drop-in of a unit that was rolled back: where it may be, what it says, and that it is there whole or not at all.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { parseConfig } from '../lib/config.js'
import { formatPin, pinPath, removePin, writePin } from '../lib/pin.js'
import { parseGenerated } from '../lib/quadlet.js'

const config = parseConfig({ WEBHOOK_QUADLET_DIR: '/q' }, { uid: 0, home: '/root', envFile: undefined })
const IMAGE = 'ghcr.io/acme/web:latest'
const KEPT = 'localhost/pod-upgrade-trigger/rollback:web.service-0123456789ab'

t.test('pinPath: only where one unit alone would be pinned', async t => {
  const rows: readonly (readonly [why: string, unit: string, source: string, path: string | undefined])[] = [
    [
      'beside the administrator’s quadlets',
      'web.service',
      '/etc/containers/systemd/web.container',
      '/q/web.container.d/90-pod-upgrade-trigger.conf',
    ],
    [
      'and not where its own quadlet is, which may be a package’s',
      'web.service',
      '/usr/share/containers/systemd/deep/web.container',
      '/q/web.container.d/90-pod-upgrade-trigger.conf',
    ],
    [
      'ServiceName= makes the unit’s name another',
      'other.service',
      '/etc/containers/systemd/web.container',
      '/q/web.container.d/90-pod-upgrade-trigger.conf',
    ],
    [
      'an instance: its template’s would pin all',
      'app@one.service',
      '/etc/containers/systemd/app@.container',
      undefined,
    ],
    ['a pod', 'group-pod.service', '/etc/containers/systemd/group.pod', undefined],
    ['a kube unit', 'stack.service', '/etc/containers/systemd/stack.kube', undefined],
    ['no quadlet', 'web.service', '', undefined],
  ]
  for (const [why, unit, source, path] of rows) t.equal(pinPath(config, unit, source), path, why)
})

t.test('formatPin: the kept image runs, and the reference that is followed is still known', async t => {
  const text = formatPin(IMAGE, KEPT)
  t.match(text, /^\[Container\]\nImage=localhost\/.+\nAutoUpdate=local$/m)
  t.match(text, /^# .*did not keep this unit running/, 'it says what it is')
  const quadlet = `[X-Container]\nImage=${IMAGE}\n[Unit]\nSourcePath=/etc/containers/systemd/web.container\n`
  const merged = `---web.service---\n${quadlet}${text.replace('[Container]', '[X-Container]')}`
  t.match(parseGenerated(merged), [{ unit: 'web.service', image: IMAGE }], 'by our own reading of it')
})

t.test('writePin and removePin', async t => {
  const path = join(t.testdir(), 'quadlets/web.container.d/90-pod-upgrade-trigger.conf')
  t.equal(removePin(path), false, 'none, and no directory either')
  writePin(path, 'one\n')
  writePin(path, 'two\n')
  t.equal(readFileSync(path, 'utf8'), 'two\n', 'the last one counts')
  t.equal(statSync(path).mode & 0o777, 0o644, 'everybody may read it, as the generator of a user must')
  t.strictSame(readdirSync(dirname(path)), ['90-pod-upgrade-trigger.conf'], 'nothing half-written is left')
  t.equal(removePin(path), true)
  t.equal(removePin(path), false, 'it is gone')
})

t.test('what somebody else has there stays', async t => {
  const path = join(t.testdir(), 'web.container.d/90-pod-upgrade-trigger.conf')
  mkdirSync(dirname(path))
  writeFileSync(join(dirname(path), '10-mine.conf'), '[Container]\n')
  writePin(path, 'x')
  removePin(path)
  t.ok(existsSync(join(dirname(path), '10-mine.conf')))
  mkdirSync(path)
  t.throws(() => removePin(path), 'a directory in its place is a mistake to be told')
})
