// Put in the place of the program, in the very sandbox of a request: tries what a process that was taken over would try,
// and answers with how each attempt ended, `ok` where it succeeded.
const { spawnSync } = require('node:child_process')
const { appendFileSync, readFileSync, readSync, readdirSync, writeSync } = require('node:fs')
const { connect } = require('node:net')

const run = (...argv) => {
  const { status, error } = spawnSync(argv[0], argv.slice(1), { timeout: 10_000 })
  return status === 0 ? 'ok' : (error?.code ?? `status ${status}`)
}
const tried = work => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return error.code
  }
}
const reached = target =>
  new Promise(resolve => {
    const socket = connect(target)
    socket.on('connect', () => resolve(socket.destroy() && 'ok')).on('error', error => resolve(error.code))
  })

const main = async () => {
  readSync(0, Buffer.alloc(4096)) // or the kernel would take the answer back
  const results = {
    'start a shell': run('/bin/sh', '-c', 'true'),
    'run systemctl': run('/usr/bin/systemctl', '--version'),
    'run systemd-run': run('/usr/bin/systemd-run', '--version'),
    'run podman': run('/usr/bin/podman', '--version'),
    'reach the manager': await reached('/run/systemd/private'),
    'reach the bus': await reached('/run/dbus/system_bus_socket'),
    'reach the bus of alice': await reached('/run/user/1000/bus'),
    'reach the network': await reached({ port: 5000, host: '127.0.0.1' }),
    'read what alice has': tried(() => readFileSync('/home/alice/private')),
    'list the homes': tried(() => readdirSync('/home')),
    'read the shadow file': tried(() => readFileSync('/etc/shadow')),
    'read the configuration where it is': tried(() => readFileSync('/etc/pod-upgrade-trigger/env')),
    'read the state of root': tried(() => readdirSync('/var/lib/pod-upgrade-trigger')),
    'write to /etc': tried(() => appendFileSync('/etc/probe', 'x')),
    'write to the program': tried(() => appendFileSync(process.argv[1], 'x')),
    'write to a home': tried(() => appendFileSync('/home/alice/probe', 'x')),
    'see the process of the manager': tried(() => readFileSync('/proc/1/status')),
    'leave work in the spool': tried(() => appendFileSync('/var/lib/pod-upgrade-trigger-spool/probe', 'x')),
  }
  writeSync(0, JSON.stringify(results))
}
main()
