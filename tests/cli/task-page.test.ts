// One task for a person: a page, in which the unit's log is lines, and nothing moves the cursor.
import t from 'tap'
import { formatTask } from '../../lib/cli/task-page.js'
import type { Task } from '../../lib/store/tasks.js'

const at = (seconds: number): number => new Date(2026, 0, 31, 12, 0, seconds).getTime()

const TASK: Task = {
  id: 7,
  unit: 'web.service',
  image: 'ghcr.io/you/web:latest',
  state: 'done',
  outcome: 'rolled-back',
  force: false,
  caller: 'github',
  reason: undefined,
  queuedMs: at(0),
  startedMs: at(1),
  finishedMs: at(9),
  bootId: undefined,
  owner: undefined,
  attempts: 1,
  report: {
    outcome: 'rolled-back',
    why: 'the unit is failed (exit-code)',
    old: { id: 'a'.repeat(64), digest: 'sha256:1' },
    new: { id: 'b'.repeat(64), digest: '' },
    steps: { look: 100, pull: 2000, restart: 500, watch: 4000, rollback: 1000 },
    journal: 'cannot open /etc/web.conf\n\u001b[2Jgone',
  },
}

t.test('a rollback', async t => {
  t.equal(
    formatTask(TASK),
    `task 7: web.service rolled-back
  asked     2026-01-31 12:00:00, by github
  ended     2026-01-31 12:00:09
  image     ghcr.io/you/web:latest
  ran       aaaaaaaaaaaa sha256:1
  pulled    bbbbbbbbbbbb
  why       the unit is failed (exit-code)
  took
    waited       1.0 s  ▇▇▇▇▇▇▇▇▇▇
    look         0.1 s  ▇
    pull         2.0 s  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
    restart      0.5 s  ▇▇▇▇▇
    watch        4.0 s  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
    rollback     1.0 s  ▇▇▇▇▇▇▇▇▇▇
  the unit said
    cannot open /etc/web.conf
    \\u001b[2Jgone
`,
  )
})

t.test('one that waits', async t => {
  const { report: _, outcome: __, finishedMs: ___, startedMs: ____, ...rest } = TASK
  const waiting = {
    ...rest,
    state: 'queued',
    report: undefined,
    outcome: undefined,
    finishedMs: undefined,
    startedMs: undefined,
  } as Task
  t.equal(
    formatTask(waiting),
    'task 7: web.service queued\n  asked     2026-01-31 12:00:00, by github\n  image     ghcr.io/you/web:latest\n',
  )
})
