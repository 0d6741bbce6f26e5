// Pure: the listener: whether it listens, and who has its port where it does not.
import type { Config } from '../../config/config.js'
import { socketDropIn, type TcpAddress } from './delivery.js'
import { type CheckResult, ok, problem, warning } from './finding.js'
import { systemctl } from './host.js'
import type { Properties } from './setup.js'

type Scope = Config['scope']

/** `taken` is the port of a socket that does not listen, and who does instead. */
export function judgeSocket(
  scope: Scope,
  shown: Properties,
  taken?: { readonly address: TcpAddress; readonly by: string },
): CheckResult {
  const fix = `${systemctl(scope)} enable --now pod-upgrade-trigger.socket`
  if (shown.get('ActiveState') !== 'active') {
    if (taken !== undefined) return portTaken(scope, taken.address, taken.by)
    return problem(`not listening: the socket is ${shown.get('ActiveState') || 'unknown'}`, fix)
  }
  if (shown.get('UnitFileState') === 'disabled')
    return warning('listening, but not enabled: it will not listen after a reboot', fix)
  return ok(`listens on ${(shown.get('Listen') ?? 'nothing').replaceAll('\n', ', ')}`)
}

/** One listener for each port: another port for ours, and the line of the proxy that goes with it. */
function portTaken(scope: Scope, { host, port }: TcpAddress, by: string): CheckResult {
  const other = by.startsWith('systemd ')
    ? `, for a socket of ${scope === 'user' ? 'the system manager or ' : ''}a user's manager: systemctl list-sockets, with --user for each user's`
    : ''
  const address = `${host.includes(':') ? `[${host}]` : host}:${port + 1}`
  const choose = socketDropIn(scope, 'port', `ListenStream=\\nListenStream=${address}`)
  return problem(
    `not listening: port ${port} is taken by ${by}${other}`,
    `${choose} && ${systemctl(scope)} restart pod-upgrade-trigger.socket\nand in the proxy: ${address} in place of port ${port}`,
  )
}

/** The first program in what ss(8) prints: its name and its pid. Undefined where it names none. */
export function parseListener(text: string): string | undefined {
  const [, name, pid] = /users:\(\("([^"]+)",pid=([0-9]+)/.exec(text) ?? []
  if (name !== undefined) return `${name} (pid ${pid})`
  return text.trim() === '' ? undefined : 'a program of another user'
}
