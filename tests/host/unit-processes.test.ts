// The monitors of a unit's containers, out of what systemd prints of its processes (257, podman 5.4).
import t from 'tap'
import { parseMonitors, processesArgv, within } from '../../lib/host/unit-processes.js'

const APP = '3d2c1b0a'.repeat(8)

t.test('the command line', async t => {
  t.equal(
    processesArgv('user', 'web@1.service').join(' '),
    'busctl --user --json=short -- call org.freedesktop.systemd1 /org/freedesktop/systemd1 ' +
      'org.freedesktop.systemd1.Manager GetUnitProcesses s web@1.service',
  )
})

t.test('monitors', async t => {
  const text = JSON.stringify({
    type: 'a(sus)',
    data: [
      [
        ['/system.slice/web.service/libpod-payload-3d2c', 812, 'nginx: master process nginx -g daemon off;'],
        [
          '/system.slice/web.service/runtime',
          810,
          `/usr/bin/conmon --api-version 1 -c ${APP} -u ${APP} -r /usr/bin/crun`,
        ],
        ['/system.slice/web.service', 809, '/usr/bin/podman run --name web -c 512 ghcr.io/acme/web'],
      ],
    ],
  })
  t.strictSame(parseMonitors(text), [
    { group: '/system.slice/web.service/runtime', pid: 810, containerId: APP },
  ])
  t.strictSame(parseMonitors('{"type":"a(sus)","data":[[]]}'), [])
  t.throws(() => parseMonitors('{"data":[]}'), 'another form of output is an error, not an empty list')
})

t.test('of all monitors of a host, those of one unit', async t => {
  const monitors = [
    '/system.slice/web.service/runtime',
    '/system.slice/web.service',
    '/system.slice/web.service2',
  ].map((group, index) => ({ group, pid: 800 + index, containerId: APP }))
  const found = (group: string) => within(group, monitors).map(({ pid }) => pid)
  t.strictSame(
    found('/system.slice/web.service'),
    [800, 801],
    'in its group or below it, and not where the name begins so',
  )
  t.strictSame(found('/system.slice/db.service'), [])
  t.strictSame(found(''), [], 'a unit that does not run has no group, and not those of everybody')
})
