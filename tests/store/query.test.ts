// What may be asked of the lists: each field in its right forms and its wrong ones, the same for a URL and a terminal.
import t from 'tap'
import { invalid, valid } from '../../lib/result.js'
import { parseEventQuery, parseTaskQuery } from '../../lib/store/query.js'

const NOW = Date.parse('2026-01-31T12:00:00Z')
type Text = Readonly<Record<string, string>>

const RIGHT: readonly (readonly [asked: Text, query: object])[] = [
  [{}, { limit: 20 }],
  [{ limit: '1000' }, { limit: 1000 }],
  [{ since: '90s' }, { since: NOW - 90_000 }],
  [{ since: '15m' }, { since: NOW - 900_000 }],
  [{ since: '2h' }, { since: NOW - 7_200_000 }],
  [{ since: '7d' }, { since: NOW - 604_800_000 }],
  [{ since: '2026-01-31T11:00:00Z' }, { since: NOW - 3_600_000 }],
  [{ unit: 'web' }, { unit: 'web.service' }],
  [{ unit: 'app@one.service' }, { unit: 'app@one.service' }],
  [{ before: '7' }, { before: 7 }],
]

for (const [asked, query] of RIGHT) {
  t.test(`right: ${JSON.stringify(asked)}`, async t => {
    t.strictSame(parseEventQuery(asked, NOW), valid({ limit: 20, ...query }))
    t.strictSame(parseTaskQuery(asked, NOW), valid({ limit: 20, ...query }))
  })
}

t.test('what only one of them has', async t => {
  const event = { status: '429', action: 'hook-github', request_id: 'x' }
  t.strictSame(parseEventQuery(event, NOW), valid({ limit: 20, ...event, status: 429 }))
  for (const status of [
    'queued',
    'running',
    'done',
    'updated',
    'unchanged',
    'rolled-back',
    'failed',
    'skipped',
  ]) {
    t.strictSame(parseTaskQuery({ status }, NOW), valid({ limit: 20, status }))
  }
})

const WRONG: readonly (readonly [asked: Text, fields: readonly string[]])[] = [
  [{ limit: '0' }, ['limit']],
  [{ limit: '1001' }, ['limit']],
  [{ limit: '-1' }, ['limit']],
  [{ limit: '1e3' }, ['limit']],
  [{ limit: '' }, ['limit']],
  [{ before: '0' }, ['before']],
  [{ before: '9999999999999999' }, ['before']],
  [{ since: 'yesterday' }, ['since']],
  [{ since: '2w' }, ['since']],
  [{ since: '' }, ['since']],
  [{ unit: '../web' }, ['unit']],
  [{ unit: 'web socket' }, ['unit']],
  [{ colour: 'red' }, ['colour']],
  [{ limit: 'x', since: 'x', unit: '-x' }, ['since', 'unit', 'limit']],
]

for (const [asked, fields] of WRONG) {
  t.test(`wrong: ${JSON.stringify(asked)}`, async t => {
    for (const parsed of [parseEventQuery(asked, NOW), parseTaskQuery(asked, NOW)]) {
      if (parsed.ok) return t.fail('it was taken')
      t.strictSame(new Set(parsed.problems.map(({ field }) => field)), new Set(fields))
      for (const { message } of parsed.problems) t.match(message, /^(must|is) /, 'with what to do about it')
    }
  })
}

t.test('a status of the other kind', async t => {
  const wrong = (message: string) => invalid({ field: 'status', message })
  t.strictSame(parseEventQuery({ status: 'done' }, NOW), wrong('must be a whole number'))
  t.strictSame(parseEventQuery({ status: '99' }, NOW), wrong('must be at least 100'))
  const words = 'queued, running, done, updated, unchanged, staged, rolled-back, failed, skipped'
  t.strictSame(parseTaskQuery({ status: '200' }, NOW), wrong(`must be one of ${words}`))
})
