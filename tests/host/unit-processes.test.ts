// The monitors of a unit's containers, out of what systemd prints of its processes (257, podman 5.4).
import t from 'tap'
import { parseMonitors, processesArgv } from '../../lib/host/unit-processes.js'

const APP = '3d2c1b0a'.repeat(8)

t.test('the command line', async t => {
  t.equal(
    processesArgv('user', 'web@1.service').join(' '),
    'busctl --user --json=short call org.freedesktop.systemd1 /org/freedesktop/systemd1 ' +
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
  t.strictSame(parseMonitors(text), [{ pid: 810, containerId: APP }])
  t.strictSame(parseMonitors('{"type":"a(sus)","data":[[]]}'), [])
  t.throws(() => parseMonitors('{"data":[]}'), 'another form of output is an error, not an empty list')
})
