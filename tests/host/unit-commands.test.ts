// The commands of a unit over D-Bus, as busctl prints what systemd 257 says of a quadlet.
import t from 'tap'
import { commandsArgv, parseCommands, unitPath } from '../../lib/host/unit-commands.js'

t.test('the object path of a unit', async t => {
  for (const [unit, path] of [
    ['web.service', 'web_2eservice'],
    ['app@one.service', 'app_40one_2eservice'],
    ['9-lives_x.service', '_39_2dlives_5fx_2eservice'],
  ] as const)
    t.equal(unitPath(unit), `/org/freedesktop/systemd1/unit/${path}`)
})

t.test('the command line', async t => {
  t.strictSame(commandsArgv('user', 'web.service'), [
    'busctl',
    '--user',
    '--json=short',
    'get-property',
    'org.freedesktop.systemd1',
    '/org/freedesktop/systemd1/unit/web_2eservice',
    'org.freedesktop.systemd1.Service',
    'ExecStartEx',
    'ExecStartPreEx',
  ])
})

t.test('what it prints', async t => {
  const exec = (words: string, flags = '[]') =>
    `["/usr/bin/podman",${words},${flags},1795671236278617,2849457858,0,0,232,0,0]`
  const line = (...all: string[]) => `{"type":"a(sasasttttuii)","data":[${all.join(',')}]}\n`
  const text =
    line(exec('["/usr/bin/podman","run","a b"]')) + line(exec('["podman","pull","x"]', '["ignore-failure"]'))
  t.strictSame(parseCommands(text), {
    start: [{ path: '/usr/bin/podman', words: ['/usr/bin/podman', 'run', 'a b'], flags: [] }],
    before: [{ path: '/usr/bin/podman', words: ['podman', 'pull', 'x'], flags: ['ignore-failure'] }],
  })
  t.strictSame(parseCommands(line() + line()), { start: [], before: [] }, 'a unit without commands')
  t.throws(() => parseCommands('Failed'), 'anything else is no answer')
})
