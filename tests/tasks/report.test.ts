// What is told of a task's end: one line for a person, one structured entry for the journal. Texts in it come from
// registries and containers, so none of them may begin a field of its own.
import t from 'tap'
import type { Outcome, Report } from '../../lib/store/report.js'
import type { Task } from '../../lib/store/tasks.js'
import { isGood, journalEntry, MESSAGE_ID, summarise, summariseTask } from '../../lib/tasks/report.js'

const OLD = { id: 'a'.repeat(64), digest: `sha256:${'c'.repeat(64)}` }
const NEW = { id: 'b'.repeat(64), digest: '' }

const task = (more: Partial<Task> = {}): Task => ({
  id: 7,
  unit: 'web.service',
  image: 'ghcr.io/acme/web:latest',
  state: 'done',
  outcome: undefined,
  force: false,
  caller: undefined,
  reason: undefined,
  queuedMs: 0,
  startedMs: 0,
  finishedMs: 0,
  bootId: undefined,
  owner: undefined,
  attempts: 1,
  report: undefined,
  ...more,
})

t.test('summarise: one line', async t => {
  const rows: readonly (readonly [why: string, report: Report, line: string])[] = [
    [
      'from one to the other',
      { outcome: 'updated', old: OLD, new: NEW },
      'web.service updated (aaaaaaaaaaaa -> bbbbbbbbbbbb)',
    ],
    ['nothing moved', { outcome: 'unchanged', old: OLD, new: OLD }, 'web.service unchanged (aaaaaaaaaaaa)'],
    [
      'with its reason',
      { outcome: 'rolled-back', old: OLD, new: NEW, why: 'the health check fails' },
      'web.service rolled-back (aaaaaaaaaaaa -> bbbbbbbbbbbb): the health check fails',
    ],
    [
      'before anything ran or was pulled',
      { outcome: 'failed', why: 'no' },
      'web.service failed (none -> none): no',
    ],
  ]
  for (const [why, report, line] of rows) t.equal(summarise(task(), report), line, why)
})

t.test('isGood: nothing that worked is worse', async t => {
  const good: readonly (Outcome | undefined)[] = ['updated', 'unchanged', 'skipped']
  const bad: readonly (Outcome | undefined)[] = ['rolled-back', 'failed', undefined]
  for (const outcome of good) t.ok(isGood(outcome), String(outcome))
  for (const outcome of bad) t.notOk(isGood(outcome), String(outcome))
})

t.test('the exit status of a task, and its line', async t => {
  const report = { outcome: 'updated', old: OLD, new: NEW } as const
  t.strictSame(summariseTask(task({ outcome: 'updated', report })), {
    status: 0,
    line: 'web.service updated (aaaaaaaaaaaa -> bbbbbbbbbbbb)',
  })
  t.strictSame(summariseTask(task({ outcome: 'failed' })), {
    status: 1,
    line: 'web.service undefined (none -> none)',
  })
})

t.test('journalEntry', async t => {
  t.match(MESSAGE_ID, /^[0-9a-f]{32}$/, 'as sd-id128 writes one')
  t.equal(MESSAGE_ID, '5b1f3c0f6c7e4b0f9d3e0b7a2c8d4e61', 'people search for it: it never changes')
  t.strictSame(journalEntry(task(), { outcome: 'updated', old: OLD, new: NEW }).split('\n'), [
    `MESSAGE_ID=${MESSAGE_ID}`,
    'PRIORITY=5',
    'SYSLOG_IDENTIFIER=pod-upgrade-trigger',
    'MESSAGE=task 7: web.service updated (aaaaaaaaaaaa -> bbbbbbbbbbbb)',
    'TASK=7',
    'UNIT=web.service',
    'OUTCOME=updated',
    'IMAGE=ghcr.io/acme/web:latest',
    `OLD_IMAGE_ID=${OLD.id}`,
    `NEW_IMAGE_ID=${NEW.id}`,
    '',
  ])
  for (const outcome of ['failed', 'rolled-back'] as const) {
    t.match(journalEntry(task(), { outcome }), /^PRIORITY=3$/m, `${outcome} is an error`)
  }
  const without = journalEntry(task(), { outcome: 'failed' })
  t.match(without, /^OLD_IMAGE_ID=\nNEW_IMAGE_ID=\n$/m, 'unknown images are empty, not left out')
})

t.test('journalEntry: no text begins a field', async t => {
  const forged = 'x\nPRIORITY=0\nUNIT=sshd.service'
  const rows: readonly (readonly [why: string, task: Task, report: Report])[] = [
    ['the reason', task(), { outcome: 'failed', why: forged }],
    ['the image', task({ image: forged }), { outcome: 'failed' }],
    ['the unit', task({ unit: forged }), { outcome: 'failed' }],
    ['an image id', task(), { outcome: 'failed', old: { id: forged, digest: '' } }],
  ]
  for (const [why, forgedTask, report] of rows) {
    const lines = journalEntry(forgedTask, report).split('\n')
    t.equal(lines.length, 11, why)
    t.equal(lines.filter(line => /^(PRIORITY|UNIT)=/.test(line)).length, 2, why)
  }
})
