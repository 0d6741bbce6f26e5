// Pure: what has to be changed on a host so that it listens for pushes, given what is there and what its owner wants. What is as it
// should be already is in no plan, so whoever runs setup twice is told that there is nothing to do.
import type { Config } from '../config/config.js'
import { type SenderName, secretVariable } from '../config/sender-names.js'

export interface Facts {
  readonly scope: Config['scope']
  /** Those of the configuration as it is; empty where it could not be read. */
  readonly units: readonly string[]
  /** Those that have a secret. */
  readonly senders: readonly SenderName[]
  readonly publicUrl: string | undefined
  readonly hasTrustedProxies: boolean
  /** Of ours, those that are enabled and active. */
  readonly running: readonly string[]
  /** Whether podman's own timer is active: it would race with ours. */
  readonly autoUpdates: boolean
  /** Whether the user's units run while nobody is logged in. */
  readonly lingers: boolean
}

export interface Wanted {
  readonly units: readonly string[]
  readonly sender: SenderName
  /** The name under which a proxy will be reached; undefined where there is none yet. */
  readonly host: string | undefined
  readonly stopAutoUpdates: boolean
  /** Texts that nobody can guess. */
  readonly newSecret: string
  readonly newPrefix: string
}

export type Change = { readonly why: string } & (
  | { readonly variable: string; readonly value: string; readonly isSecret?: true }
  | { readonly argv: readonly [string, ...string[]] }
)

export const LISTENING = ['pod-upgrade-trigger.socket', 'pod-upgrade-trigger.timer'] as const
export const AUTO_UPDATE_TIMER = 'podman-auto-update.timer'

export function planSetup(facts: Facts, wanted: Wanted): Change[] {
  return [...variables(facts, wanted), ...commands(facts, wanted)]
}

function variables(facts: Facts, wanted: Wanted): Change[] {
  const changes: Change[] = []
  const set = (why: string, variable: string, value: string) => changes.push({ why, variable, value })
  if (wanted.units.join(' ') !== facts.units.join(' '))
    set('the units that may be upgraded', 'WEBHOOK_MANUAL_UNITS', wanted.units.join(' '))
  if (!facts.senders.includes(wanted.sender))
    changes.push({
      why: `by which a delivery of ${wanted.sender} is known`,
      variable: secretVariable(wanted.sender),
      value: wanted.newSecret,
      isSecret: true,
    })
  if (wanted.host !== undefined && facts.publicUrl === undefined)
    set(
      'where senders find this, with a word that strangers do not know',
      'WEBHOOK_PUBLIC_URL',
      `https://${wanted.host}/${wanted.newPrefix}`,
    )
  if (wanted.host !== undefined && !facts.hasTrustedProxies)
    set('the proxy on this host says who asked', 'WEBHOOK_TRUSTED_PROXIES', '127.0.0.1,::1')
  return changes
}

function commands({ scope, running, autoUpdates, lingers }: Facts, { stopAutoUpdates }: Wanted): Change[] {
  const systemctl = ['systemctl', ...(scope === 'user' ? ['--user'] : [])] as const
  const missing = LISTENING.filter(unit => !running.includes(unit))
  return [
    ...(autoUpdates && stopAutoUpdates
      ? [
          {
            why: "podman's own timer, which would race with ours, is stopped",
            argv: [...systemctl, 'disable', '--now', AUTO_UPDATE_TIMER] as const,
          },
        ]
      : []),
    ...(lingers
      ? []
      : [{ why: 'your units run while you are logged out', argv: ['loginctl', 'enable-linger'] as const }]),
    ...(missing.length === 0
      ? []
      : [
          {
            why: 'listen, and look by itself every few hours',
            argv: [...systemctl, 'enable', '--now', ...missing] as const,
          },
        ]),
  ]
}

/** As it is shown before it is done; a secret is not. */
export function describeChange(change: Change, envFile: string): string {
  if ('argv' in change) return `${change.argv.join(' ')}   # ${change.why}`
  return `${envFile}: ${change.variable}=${change.isSecret ? '(new)' : change.value}   # ${change.why}`
}
