// Pure: the whole page. It has no script, no form and nothing from elsewhere, and the same facts are always the same bytes.
import type { ToldStatus } from '../status/status-json.js'
import { type Html, html, time } from './html.js'
import { type Refused, refusedSection } from './refused.js'
import { STYLE } from './style.js'
import { badge } from './table.js'
import { headline, unitsSection } from './units.js'
import { type Upgrade, upgradesSection } from './upgrades.js'

export interface Facts {
  readonly host: string
  readonly version: string
  /** Of the times that are shown, such as Europe/Berlin. */
  readonly zone: string
  /** Whose units these are; undefined where they are all. */
  readonly tenant: string | undefined
  /** Whether the page asks for itself again each minute: who is read the page has to be able to stop that. */
  readonly refreshes: boolean
  readonly status: ToldStatus
  readonly upgrades: readonly Upgrade[]
  /** Undefined for a tenant, whose they are not. */
  readonly refused: readonly Refused[] | undefined
}

function timer({ timer, next_run_ms: next }: ToldStatus): Html {
  if (next !== undefined) return html`The timer looks for new images next at ${time(next)}.`
  if (timer === 'looking') return html`The timer looks for new images just now.`
  return html`${badge('warn', 'The timer is not active')} <code>systemctl enable --now pod-upgrade-trigger.timer</code>`
}

export function renderPage(facts: Facts): string {
  const { host, version, zone, tenant, refreshes, status, upgrades, refused } = facts
  const { units } = status
  const state = headline(units)
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
${refreshes ? html`<meta http-equiv="refresh" content="60">` : undefined}
<title>${state} – ${tenant ?? host}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${state}</h1>
<p>${timer(status)}</p>
<h2>Units</h2>
${unitsSection(units)}
<h2>Last upgrades</h2>
${upgradesSection(upgrades)}
${refused && html`<h2>Refused deliveries</h2>\n${refusedSection(refused)}`}
</main>
<footer><p>${tenant === undefined ? undefined : `Units of ${tenant}. `}pod-upgrade-trigger ${version} on ${host}, times of ${zone}. ${refreshes ? html`Looks again each minute; <a href="?refresh=no">stop that</a>` : html`Does not look again by itself; <a href="?">do that each minute</a>`}</p></footer>
</body>
</html>
`
  return markup
}
