// Pure: what a person has to paste elsewhere when this host is ready: into the proxy, and at the sender.
// pod-upgrade-trigger-internet(7) and -senders(7) say more.
import { type SenderName, secretVariable } from '../config/sender-names.js'

export interface Pasted {
  /** With the word that strangers do not know in its path; undefined where there is no proxy yet. */
  readonly publicUrl: string | undefined
  readonly sender: SenderName
  /** Whether the secret is a part of the URL, for a sender that has no other place for it. */
  readonly isInUrl: boolean
  readonly secret: string
  /** Only a new one is shown. */
  readonly isNew: boolean
  readonly envFile: string
  readonly units: readonly string[]
}

export function toPaste(pasted: Pasted): string {
  const { publicUrl = 'https://HOST/PREFIX', sender, units } = pasted
  const { host, pathname } = new URL(publicUrl)
  return `
In the proxy, for Caddy (man pod-upgrade-trigger-internet has nginx and tunnels):

  ${host} {
    handle_path ${pathname}/* {
      @in path /hooks/*
      reverse_proxy @in 127.0.0.1:9787
    }
    respond 404
  }

${sender === 'github' ? GITHUB : `At the sender, as man pod-upgrade-trigger-senders says of ${sender}:`}

${credentials(pasted, publicUrl)}${sender === 'github' ? GITHUB_EVENTS : ''}
A push then upgrades whichever of these follows the image: ${units.join(', ') || 'none yet'}
`
}

const GITHUB =
  'At GitHub, in the repository or organisation that owns the package, Settings, Webhooks, Add webhook:'
const GITHUB_EVENTS = `  Content type  application/json
  Events        Packages (or Registry packages)
`

function credentials({ sender, isInUrl, secret, isNew, envFile }: Pasted, publicUrl: string): string {
  const shown = isNew ? secret : `${secretVariable(sender)}, as it is in ${envFile}`
  const url = `${publicUrl}/hooks/${sender}`
  if (!isInUrl) return `  Payload URL   ${url}\n  Secret        ${shown}\n`
  return `  Payload URL   ${url}?token=${isNew ? encodeURIComponent(secret) : 'SECRET'}${isNew ? '' : `\n  SECRET        ${shown}`}\n`
}
