// Pure: HTML in which every value is text, unless it was made here: what a registry or a unit says is shown, and never obeyed.
import { escapeControl } from '../escape.js'

/** A class, so that no object that was read from somewhere is taken for one. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Part = Html | string | number | undefined | readonly Html[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template whose values may be in the text of an element, or in an attribute with quotation marks; undefined is nothing. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, index) => text + markupOf(parts[index])).join(''))

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup
  if (typeof part === 'object') return part.map(({ markup }) => markup).join('')
  return part === undefined
    ? ''
    : escapeControl(String(part)).replace(/[&<>"']/g, sign => ENTITIES[sign] ?? '')
}

/** The host's wall clock, to the minute. Never how long ago: what is shown would change by itself. */
export const time = (ms: number): Html =>
  html`<time datetime="${new Date(ms).toISOString()}">${new Date(ms).toLocaleString('sv').slice(0, 16)}</time>`
