// Pure: the test delivery that the doctor sends: where to, and what its answer means.
import { type CheckResult, ok, problem } from './finding.js'

export interface TcpAddress {
  readonly host: string
  readonly port: number
}
export type Address = TcpAddress | { readonly socketPath: string }

/**
 * The first stream of a socket unit, as `systemctl show --property=Listen` has it: `127.0.0.1:9787 (Stream)`,
 * `[::]:9787 (Stream)`, `/run/x.sock (Stream)`. Every address of the host is reached over the loopback.
 */
export function parseListen(text: string): Address | undefined {
  const stream = /^(?:Listen=)?(.+) \(Stream\)$/m.exec(text)?.[1]
  if (stream === undefined) return undefined
  if (stream.startsWith('/')) return { socketPath: stream }
  const [, host = '', port] = /^(.*?):([0-9]{1,5})$/.exec(stream.replace(/^\[(.*)\]/, '$1')) ?? []
  if (port === undefined) return undefined
  const loopback = host === '0.0.0.0' || host === '' || host === '*' ? '127.0.0.1' : host
  return { host: loopback === '::' ? '::1' : loopback, port: Number(port) }
}

export const formatAddress = (address: Address): string =>
  'socketPath' in address ? address.socketPath : `${address.host} port ${address.port}`

/** Either a status, or why there was none. */
export type Reply = { readonly status: number } | { readonly trouble: string }

const JOURNAL = 'journalctl -t pod-upgrade-trigger -n 20'

export function judgeReply(address: Address, reply: Reply, scope: 'system' | 'user'): CheckResult {
  const where = formatAddress(address)
  const journal = scope === 'user' ? JOURNAL.replace('journalctl', 'journalctl --user') : JOURNAL
  if ('trouble' in reply) return problem(`no answer from ${where}: ${reply.trouble}`, journal)
  const { status } = reply
  if (status === 200) return ok(`a signed ping was answered 200 by ${where}`)
  if (status === 401) {
    const fix =
      'make both read the same file: see WEBHOOK_ENV_FILE in systemctl cat pod-upgrade-trigger@.service'
    return problem(`401 from ${where}: the service and this command use different secrets`, fix)
  }
  return problem(`a signed ping was answered ${status} by ${where}`, journal)
}
