// Pure: findings for a person: one line each, and below it how to fix it.
import { escapeControl } from '../escape.js'
import type { Finding, Verdict } from './checks/finding.js'

const COLOURS: Readonly<Record<Verdict, number>> = { ok: 32, warning: 33, problem: 31 }
const VERDICT_WIDTH = 'problem'.length
const MAX_DETAIL = 600

/** What is not ok comes last, where a person at a terminal looks. */
const ORDER: readonly Verdict[] = ['ok', 'warning', 'problem']

export function formatFindings(told: readonly Finding[], coloured: boolean): string {
  const findings = told.toSorted((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict))
  const width = Math.max(...findings.map(({ check }) => check.length))
  const indent = ' '.repeat(VERDICT_WIDTH + width + 4)
  const paint = (verdict: Verdict) => {
    const padded = verdict.padEnd(VERDICT_WIDTH)
    return coloured ? `\u001b[${COLOURS[verdict]}m${padded}\u001b[0m` : padded
  }
  const lines = findings.flatMap(({ check, verdict, detail, fix }) => [
    `${paint(verdict)}  ${check.padEnd(width)}  ${oneLine(detail)}`,
    ...(fix ?? '')
      .split('\n')
      .filter(step => step !== '')
      .map(step => `${indent}-> ${oneLine(step)}`),
  ])
  return [...lines, summary(findings)].map(line => `${line}\n`).join('')
}

const oneLine = (text: string): string =>
  escapeControl(text.trim().replace(/\s*\n\s*/g, '; ')).slice(0, MAX_DETAIL)

function summary(findings: readonly Finding[]): string {
  const count = (verdict: Verdict) => findings.filter(finding => finding.verdict === verdict).length
  const told = (many: number, word: string) => `${many} ${word}${many === 1 ? '' : 's'}`
  return `${told(count('problem'), 'problem')}, ${told(count('warning'), 'warning')}, ${count('ok')} ok`
}
