// Pure: the units, and the sentence that says in one look whether there is anything to do.
import type { ToldUnit } from '../status/status-json.js'
import type { Word } from '../status/unit-status.js'
import { type Html, html, time } from './html.js'
import { badge, id, type Kind, note, type Row, shortName, table } from './table.js'
import { outcomeWord } from './upgrades.js'

const KINDS: Readonly<Record<Word, Kind>> = {
  missing: 'bad',
  failed: 'bad',
  unhealthy: 'bad',
  down: 'bad',
  'rolled back': 'warn',
  held: 'none',
  starting: 'wait',
  staged: 'wait',
  idle: 'none',
  ok: 'good',
}

/** Somebody has to do something: it does not run as it should, or what was pushed did not come to run. */
const needsLook = ({ state, last_task: last }: ToldUnit): boolean =>
  KINDS[state] === 'bad' || KINDS[state] === 'warn' || last?.outcome === 'failed'

/** Why one that needs no look is not on what its tag names, as far as is known; undefined for one that is. */
function whyBehind({ state, waits_until_ms: waits, last_task: last }: ToldUnit): string | undefined {
  if (state === 'held' || state === 'starting' || state === 'staged') return state
  if (waits !== undefined) return 'waiting for a window'
  return last?.outcome === 'skipped' ? 'skipped' : undefined
}

/** The state of the whole host in a sentence without its full stop, and for a title. */
export function headline(units: readonly ToldUnit[]): string {
  const total = units.length === 1 ? '1 unit' : `${units.length} units`
  const wrong = units.filter(needsLook).length
  if (units.length === 0) return 'No unit is enabled'
  if (wrong > 0) return `${wrong} of ${total} ${wrong === 1 ? 'needs' : 'need'} a look`
  const behind = units.flatMap(unit => whyBehind(unit) ?? [])
  if (behind.length === 0) return units.length === 1 ? 'The unit is current' : `All ${total} are current`
  const words = [...new Set(behind)].map(word => `${behind.filter(it => it === word).length} ${word}`)
  return `${units.length - behind.length} of ${total} are current, ${words.join(', ')}`
}

/** Those that need a look come first, else they are in their order. */
export function unitsSection(units: readonly ToldUnit[]): Html {
  if (units.length === 0)
    return html`<p><code>pod-upgrade-trigger setup</code> on the host enables some, or <code>WEBHOOK_MANUAL_UNITS</code> in its configuration.</p>`
  const sorted = [...units.filter(needsLook), ...units.filter(unit => !needsLook(unit))]
  const caption = html`What needs a look comes first`
  return table(caption, ['Unit', 'State', 'Runs', 'Last upgrade'], sorted.map(row))
}

function row({
  unit,
  state,
  image,
  running_image_id: runs,
  since_ms: since,
  waits_until_ms: opening,
  why,
  last_task: last,
}: ToldUnit): Row {
  const ended = last?.finished_ms
  return {
    head: html`${shortName(unit)}${note(image)}`,
    cells: [
      html`${badge(KINDS[state], state)}${opening && html`<div class="note">an upgrade waits for ${time(opening)}</div>`}${note(why)}`,
      html`${runs === undefined ? 'nothing' : id(runs)}${since && html`<div class="note">since ${time(since)}</div>`}`,
      last?.outcome === undefined
        ? html`none`
        : html`${outcomeWord(last.outcome)} ${ended && time(ended)}${note(last.why)}`,
    ],
  }
}
