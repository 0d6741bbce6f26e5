// Pure: what was upgraded, or was tried to be, how long it took, and why it ended so.
import type { Task } from '../store/tasks.js'
import { bar, legend, longestOf } from './bars.js'
import { type Html, html, time } from './html.js'
import { badge, id, type Kind, note, type Row, shortName, table } from './table.js'

export type Upgrade = Pick<
  Task,
  'id' | 'unit' | 'state' | 'outcome' | 'queuedMs' | 'finishedMs' | 'caller' | 'reason' | 'report'
>

/** The states and outcomes of those that are shown: not of looks that found nothing to do, which are most of all tasks. */
export const SHOWN = ['queued', 'running', 'updated', 'staged', 'rolled-back', 'failed'] as const

const KINDS: Readonly<Record<NonNullable<Task['outcome']> | Task['state'], Kind>> = {
  updated: 'good',
  unchanged: 'good',
  staged: 'wait',
  'rolled-back': 'warn',
  failed: 'bad',
  skipped: 'none',
  queued: 'wait',
  running: 'wait',
  done: 'none',
}

const outcomeBadge = (outcome: keyof typeof KINDS): Html => badge(KINDS[outcome] ?? 'none', outcome)

/** What is as it should be stands back. */
export const outcomeWord = (outcome: keyof typeof KINDS): Html =>
  KINDS[outcome] === 'good' ? html`${outcome}` : outcomeBadge(outcome)

/** In the order in which they are given. */
export function upgradesSection(upgrades: readonly Upgrade[]): Html {
  if (upgrades.length === 0) return html`<p>Nothing was upgraded yet.</p>`
  const longest = longestOf(upgrades.map(({ report }) => report?.steps))
  const caption = html`The newest first; <code>pod-upgrade-trigger tasks ID</code> on the host has more. ${legend(upgrades.map(({ report }) => report?.steps))}`
  const columns = ['Unit', 'Outcome', 'Took', 'Why']
  return table(
    caption,
    columns,
    upgrades.map(upgrade => row(upgrade, longest)),
  )
}

function row({ report, ...task }: Upgrade, longest: number): Row {
  const { old, new: found } = report ?? {}
  return {
    head: html`${shortName(task.unit)}<div class="note">task ${task.id}</div>`,
    cells: [
      html`${outcomeBadge(task.outcome ?? task.state)} ${time(task.finishedMs ?? task.queuedMs)}`,
      bar(report?.steps, longest),
      html`${report?.why}${asked(task)}${old && found && html`<div class="note">${id(old.id)} → ${id(found.id)}</div>`}`,
    ],
  }
}

const asked = ({ caller, reason }: Pick<Upgrade, 'caller' | 'reason'>): Html | undefined =>
  note([caller && `asked by ${caller}`, reason].filter(Boolean).join(': ') || undefined)
