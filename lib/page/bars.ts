// Pure: how long the steps of an upgrade took, as a bar, and in words beside it: a colour says nothing that is not written too.
import type { Report, Step } from '../store/report.js'
import { type Html, html } from './html.js'

export type Steps = Report['steps']

const WIDTH = 160
const HEIGHT = 10
/** Narrower, and it could not be seen. */
const LEAST = 1

const totalOf = (steps: Steps): number => Object.values(steps ?? {}).reduce((sum, ms) => sum + ms, 0)

/** What the whole width stands for, ms. */
export const longestOf = (all: readonly Steps[]): number => Math.max(1, ...all.map(totalOf))

/** Nothing where no step was taken. */
export function bar(steps: Steps, longest: number): Html {
  const entries = Object.entries(steps ?? {})
  if (entries.length === 0) return html`–`
  let from = 0
  const parts = entries.map(([step, ms]) => {
    const width = Math.max(LEAST, round((ms / longest) * WIDTH))
    const part = html`<rect class="${step}" x="${round(from)}" width="${width}" height="${HEIGHT}"/>`
    from += width
    return part
  })
  const words = entries.filter(([, ms]) => ms >= 50).map(([step, ms]) => `${step} ${seconds(ms)}`)
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true">${parts}</svg> ${seconds(totalOf(steps))} s${words.length > 0 ? html`<div class="note">${words.join(', ')}</div>` : undefined}`
}

/** The colours of the steps that occur. */
export function legend(all: readonly Steps[]): Html {
  const steps = [...new Set(all.flatMap(each => Object.keys(each ?? {})))] as Step[]
  return html`${steps.map(
    step =>
      html`<span class="key"><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect class="${step}" width="10" height="10"/></svg> ${step}</span> `,
  )}`
}

const round = (value: number): number => Math.round(value * 10) / 10

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 100_000 ? 1 : 0)
