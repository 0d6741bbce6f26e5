// Pure: how a task can end. On a floor that the configuration can see, which says of which of them people are told.

export const OUTCOMES = ['updated', 'unchanged', 'staged', 'rolled-back', 'failed', 'skipped'] as const

export type Outcome = (typeof OUTCOMES)[number]
