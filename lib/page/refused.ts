// Pure: requests that asked for work and were refused, with what whoever set up the sender has to look at.
import { isSenderName, secretVariable } from '../config/sender-names.js'
import type { StoredEvent } from '../store/events.js'
import { type Html, html, time } from './html.js'
import { badge, note, type Row, table } from './table.js'

export type Refused = Pick<
  StoredEvent,
  'id' | 'ts' | 'method' | 'path' | 'status' | 'action' | 'remoteAddr' | 'requestId' | 'meta'
>

const MOST = 10

/** The newest ones, each with those before it that are the same mistake. */
export function refusedSection(refused: readonly Refused[]): Html {
  if (refused.length === 0) return html`<p>None.</p>`
  const caption = html`The newest first, the same ones together; <code>pod-upgrade-trigger events --status STATUS</code> on the host has all`
  return table(caption, ['Request', 'Answer', 'Why'], groups(refused).slice(0, MOST).map(row))
}

function groups(refused: readonly Refused[]): readonly (readonly [newest: Refused, count: number])[] {
  const found = new Map<string, [Refused, number]>()
  for (const event of [...refused].sort((one, other) => other.id - one.id)) {
    const key = `${event.status} ${event.method} ${event.path}`
    const [newest, count] = found.get(key) ?? [event, 0]
    found.set(key, [newest, count + 1])
  }
  return [...found.values()]
}

function row([event, count]: readonly [Refused, number]): Row {
  const { method, path, remoteAddr, ts, status } = event
  return {
    head: html`<code>${method} ${path}</code>${note(remoteAddr && `from ${remoteAddr}`)}`,
    cells: [
      html`${badge('bad', String(status))} ${time(ts)}${note(count > 1 ? `${count} times lately` : undefined)}`,
      html`${reasonOf(event)}`,
    ],
  }
}

/** What it may be, and where to look. */
export function reasonOf({ status, action, requestId, meta }: Omit<Refused, 'id'>): string {
  const sender = action.replace(/^hook-/, '')
  const variable = isSenderName(sender) ? secretVariable(sender) : undefined
  switch (status) {
    case 401:
      return variable === undefined
        ? whichToken(action, meta['token'])
        : `The secret is wrong or missing: the sender has to have the one of ${variable}.`
    case 403:
      return 'Restarts of what is unchanged are off: WEBHOOK_REDEPLOY=1 allows them.'
    case 404:
      return 'There is no such path: the URL ends in /hooks/SENDER or /hooks/SENDER/UNIT, without a slash at its end, and a proxy takes its prefix away.'
    case 405:
      return 'This path is only read: the URL of a webhook ends in /hooks/SENDER or /hooks/SENDER/UNIT.'
    case 408:
      return 'The request did not arrive whole in time: see WEBHOOK_REQUEST_TIMEOUT_SECS, and the time limits of the proxy.'
    case 413:
      return 'The body is longer than WEBHOOK_MAX_BODY_BYTES.'
    case 415:
      return 'The content type, or an encoding: set the webhook to send plain application/json.'
    case 429:
      return `Too often: see the limits of ${action === 'trigger' ? 'WEBHOOK_LIMIT1_COUNT' : 'WEBHOOK_IMAGE_LIMIT_COUNT'} in the configuration.`
    case 503:
      return `${variable ?? 'A token'} is not set, or this host was too busy: pod-upgrade-trigger doctor says which.`
    default:
      return status >= 500
        ? `It failed on this host: the journal has ${requestId}.`
        : 'It could not be understood: is this the path of another sender? The answer said more, and the sender shows it.'
  }
}

function whichToken(action: string, ofJob: unknown): string {
  if (ofJob !== undefined) return `The token of a job of GitHub Actions is not accepted: ${ofJob}.`
  const variables = action === 'auto-update' ? 'WEBHOOK_TOKEN' : 'WEBHOOK_MANUAL_TOKEN or WEBHOOK_TOKEN'
  return `The token is wrong or missing: the caller has to send the one of ${variables}.`
}
