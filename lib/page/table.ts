// Pure: a table that becomes a list of cards where there is little room. The roles are written out, because a browser forgets those of
// a table that is laid out as something else.
import { type Html, html } from './html.js'

export interface Row {
  /** What the row is about. */
  readonly head: Html
  /** One for each of the other columns. */
  readonly cells: readonly Html[]
}

/** `columns`: the first one is of the heads. */
export const table = (caption: Html, columns: readonly string[], rows: readonly Row[]): Html =>
  html`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(name => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows.map(row => formatRow(columns, row))}</tbody>
</table>`

const formatRow = ([, ...columns]: readonly string[], { head, cells }: Row): Html =>
  html`<tr role="row"><th role="rowheader" scope="row">${head}</th>${cells.map(
    (cell, index) => html`<td role="cell" data-column="${columns[index]}">${cell}</td>`,
  )}</tr>
`

/** A word whose kind has a colour and a sign. */
export type Kind = 'bad' | 'warn' | 'good' | 'wait' | 'none'

const SIGNS: Readonly<Record<Kind, string>> = { bad: '✕', warn: '▲', good: '✓', wait: '…', none: '–' }

export const badge = (kind: Kind, word: string): Html =>
  html`<span class="badge ${kind}"><span aria-hidden="true">${SIGNS[kind]}</span> ${word}</span>`

export const note = (text: string | undefined): Html | undefined =>
  text === undefined ? undefined : html`<div class="note">${text}</div>`

export const id = (image: string): Html => html`<code>${image.replace(/^sha256:/, '').slice(0, 12)}</code>`

export const shortName = (unit: string): string => unit.replace(/\.service$/, '')
