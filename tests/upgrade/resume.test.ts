// Where a run begins that takes up what a killed one had begun: one row for each step that can have been saved.
import t from 'tap'
import type { Report } from '../../lib/store/report.js'
import { resumeFrom } from '../../lib/upgrade/resume.js'

const OLD = { id: 'a'.repeat(64), digest: '' }
const NEW = { id: 'b'.repeat(64), digest: '' }
const KNOWN = { old: OLD, dependents: ['api.service'] }
const saved = (step: Report['step'], more: Report = {}): Report => ({
  ...KNOWN,
  new: NEW,
  steps: { pull: 3 },
  ...more,
  ...(step && { step }),
})

for (const [why, report, start, known] of [
  ['a task that never ran', undefined, { at: 'look', again: false }, {}],
  ['nothing was saved', {}, { at: 'look', again: false }, {}],
  ['killed while it pulled: it pulls again', saved('pull'), { at: 'look', again: true }, KNOWN],
  ['killed in the restart: what runs is watched', saved('restart'), { at: 'watch' }, KNOWN],
  ['killed in the watch: it is watched again', saved('watch'), { at: 'watch' }, KNOWN],
  [
    'killed in the rollback: it goes on, and still knows why',
    saved('rollback', { why: 'the health check fails' }),
    { at: 'rollback', why: 'the health check fails' },
    { ...KNOWN, new: NEW },
  ],
  [
    'a rollback without a reason still has one',
    { step: 'rollback' },
    { at: 'rollback', why: 'the rollback was interrupted' },
    {},
  ],
] as const satisfies readonly (readonly [string, Report | undefined, object, object])[]) {
  t.test(why, async t => {
    t.strictSame(resumeFrom(report), { start, known })
  })
}
