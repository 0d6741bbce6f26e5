// Pure: the test delivery that the doctor sends: where to, and what its answer means.
import { type CheckResult, ok, problem, warning } from './finding.js'
import { systemctl } from './host.js'

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

/** Either a status and how long it took, or why there was none. */
export type Reply = { readonly status: number; readonly tookMs: number } | { readonly trouble: string }

/** What the socket lets in, and the processors that answer it. */
export interface Pace {
  /** In a second; undefined where the manager has no such limit. */
  readonly letsIn: number | undefined
  readonly processors: number
}

/** Of a socket unit, as systemctl shows it: `PollLimitBurst=15`, `PollLimitIntervalUSec=5s`. */
export function parsePace(burst: string | undefined, interval: string | undefined): number | undefined {
  const [, count, unit] = /^([0-9]+)(ms|s)$/.exec(interval ?? '') ?? []
  const secs = Number(count) / (unit === 'ms' ? 1000 : 1)
  const pace = Number(burst) / secs
  return Number.isFinite(pace) && pace > 0 ? pace : undefined
}

/** A ping takes one processor most of its time, and so many requests wait beside it. */
const canAnswer = (tookMs: number, { processors }: Pace): number => (1000 * processors) / tookMs

/** How much more than a host can answer may be let in: what comes is seldom that much, and one ping is no measurement. */
const TOO_MUCH = 3

/** Whether the ping has to be sent again, since it looks as if too much were let in. */
export const isSlow = (reply: Reply, pace: Pace): boolean =>
  'tookMs' in reply && (pace.letsIn ?? 0) > TOO_MUCH * canAnswer(reply.tookMs, pace)

/** The command that writes a drop-in of the socket, and has it loaded. */
export function socketDropIn(scope: 'system' | 'user', name: string, lines: string): string {
  const dir = `${scope === 'user' ? '~/.config/systemd/user' : '/etc/systemd/system'}/pod-upgrade-trigger.socket.d`
  const text = `'[Socket]\\n${lines}\\n'`
  return `mkdir -p ${dir} && printf ${text} >${dir}/${name}.conf && ${systemctl(scope)} daemon-reload`
}

const JOURNAL = 'journalctl -t pod-upgrade-trigger -n 20'

/** `sender` is the one whose test was sent. */
export function judgeReply(
  sender: string,
  address: Address,
  reply: Reply,
  scope: 'system' | 'user',
  pace: Pace,
): CheckResult {
  const where = formatAddress(address)
  const journal = scope === 'user' ? JOURNAL.replace('journalctl', 'journalctl --user') : JOURNAL
  if ('trouble' in reply) return problem(`no answer from ${where}: ${reply.trouble}`, journal)
  const { status, tookMs } = reply
  const answered = `a test of /hooks/${sender} was answered 200 by ${where} in ${(tookMs / 1000).toFixed(1)} s`
  if (status === 200 && isSlow(reply, pace)) {
    const burst = Math.max(1, Math.floor(canAnswer(tookMs, pace)))
    return warning(
      `${answered}, but the socket lets in ${pace.letsIn} requests a second: a burst would be refused, not wait`,
      `${socketDropIn(scope, 'pace', `PollLimitIntervalSec=1s\\nPollLimitBurst=${burst}`)} && ${systemctl(scope)} restart pod-upgrade-trigger.socket`,
    )
  }
  if (status === 200) return ok(answered)
  if (status === 401) {
    const fix =
      'make both read the same file: see WEBHOOK_ENV_FILE in systemctl cat pod-upgrade-trigger@.service'
    return problem(
      `401 from ${where} to /hooks/${sender}: the service and this command use different secrets`,
      fix,
    )
  }
  return problem(`a test of /hooks/${sender} was answered ${status} by ${where}`, journal)
}
