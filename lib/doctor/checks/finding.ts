// Pure: what one check found, and how to fix it.
export type Verdict = 'ok' | 'warning' | 'problem'

export interface Finding {
  readonly check: string
  readonly verdict: Verdict
  readonly detail: string
  /** What to do about it: a command, or what to change. */
  readonly fix?: string
}

/** What a check found, before it is said which check that was. */
export type CheckResult = Omit<Finding, 'check'>

export const ok = (detail: string): CheckResult => ({ verdict: 'ok', detail })
export const warning = (detail: string, fix: string): CheckResult => ({ verdict: 'warning', detail, fix })
export const problem = (detail: string, fix: string): CheckResult => ({ verdict: 'problem', detail, fix })

export const hasProblem = (findings: readonly Finding[]): boolean =>
  findings.some(({ verdict }) => verdict === 'problem')

const SHORTEST_HIDDEN = 8

/**
 * Takes every secret out of what programs and errors said, none of which should have held one. A shorter secret is as
 * good as a word, and would take words out; it is a finding of its own.
 */
export function withoutSecrets(finding: Finding, secrets: readonly string[]): Finding {
  const hide = (text: string) =>
    secrets
      .filter(secret => secret.length >= SHORTEST_HIDDEN)
      .reduce((left, secret) => left.replaceAll(secret, '[secret]'), text)
  const { fix } = finding
  return { ...finding, detail: hide(finding.detail), ...(fix !== undefined && { fix: hide(fix) }) }
}
