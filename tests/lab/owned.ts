// A host on which the manual is being followed: what its owner has written down, and what GitHub sends it.
import { sign } from '../support/request.js'
import type { Host } from './host.js'
import { type Scope, Site } from './site.js'

/** Where podman finds ghcr.io/you/web:latest. */
export const PUSHED = 'localhost:5000/you/web:latest'

export interface Owned {
  readonly host: Host
  readonly scope: Scope
  readonly site: Site
  readonly envFile: string
  /** As it stands in the env file. */
  readonly value: (name: string) => Promise<string>
  /** Where GitHub was told to send to; the word in it is this host's own. */
  readonly payloadUrl: () => Promise<string>
  /** All that there ever were, which may be in no log. */
  readonly secrets: string[]
}

export function own(host: Host, scope: Scope): Owned {
  const envFile = `${scope === 'rootful' ? '/etc' : '/home/alice/.config'}/pod-upgrade-trigger/env`
  const value = (name: string) => host.sh(`sed -n 's/^${name}=//p' ${envFile}`)
  const payloadUrl = async () => `${await value('WEBHOOK_PUBLIC_URL')}/hooks/github`
  return { host, scope, site: new Site(host, scope), envFile, value, payloadUrl, secrets: [] }
}

/** One delivery through the proxy, as GitHub signs and sends it. Gives the status and the answer. */
export async function deliver(owned: Owned, secret: string, event: string, body: string): Promise<string> {
  const headers = [
    'User-Agent: GitHub-Hookshot/044aadd',
    'Content-Type: application/json',
    `X-GitHub-Event: ${event}`,
    `X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-${event}`,
    `X-Hub-Signature-256: ${sign(body, secret)}`,
  ].map(header => `-H '${header}'`)
  const curl = `curl -sS -m 60 ${headers.join(' ')} --data-binary @- -w '%{http_code}' '${await owned.payloadUrl()}'`
  const [, answer, status] = /^(.*)(\d{3})$/s.exec(await owned.host.sh(curl, { input: body })) ?? []
  return `${status} ${answer}`
}
