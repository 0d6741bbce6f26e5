// The page as text: what comes first, whose it is, and that nothing of what others say is markup.
import t from 'tap'
import { bar, longestOf, type Steps } from '../../lib/page/bars.js'
import { type Html, html } from '../../lib/page/html.js'
import { type Facts, renderPage } from '../../lib/page/page.js'
import { reasonOf } from '../../lib/page/refused.js'
import { pageResponse } from '../../lib/page/response.js'
import { headline } from '../../lib/page/units.js'
import type { ToldUnit } from '../../lib/status/status-json.js'
import { at, EMPTY, HEALTHY, MANY, refused, TROUBLE, unit, upgrade } from './facts.js'

const EVIL = `<script>alert("1")</script>'&amp;\u202e\u0007`

/** The first words of each row of the section. */
const rowsOf = (page: string, heading: string): string[] => {
  const [section = ''] = page.split(`<h2>${heading}</h2>`)[1]?.split('<h2>') ?? []
  return [...section.matchAll(/scope="row">(?:<code>)?([^<]*)/g)].map(([, text = '']) => text)
}

t.test('a value is text, wherever it is from', async t => {
  t.equal(html`<b title="${EVIL}">${EVIL}</b>`.markup.match(/<\/?(b|script)/g)?.join(' '), '<b </b')
  t.equal(
    html`${EVIL}`.markup,
    '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;amp;\\u202e\\u0007',
    'control and bidirectional characters are escaped as elsewhere',
  )
  t.equal(html`${undefined}${0}${[html`<i>`, html`&`]}`.markup, '0<i>&')
  const forged = JSON.parse('{"markup":"<script>"}') as Html
  t.throws(() => html`${forged}`, 'what only looks like HTML is none')
})

t.test('whatever others say, the page has no element of theirs', async t => {
  const evil: Facts = {
    ...EMPTY,
    host: EVIL,
    tenant: EVIL,
    zone: EVIL,
    version: EVIL,
    status: {
      timer: 'looking',
      units: [
        unit(EVIL, {
          image: EVIL,
          running_image_id: EVIL,
          why: EVIL,
          last_task: { id: 1, outcome: 'failed', finished_ms: at(1), why: EVIL },
        }),
      ],
    },
    upgrades: [
      upgrade(1, {
        unit: EVIL,
        caller: EVIL,
        reason: EVIL,
        report: {
          why: EVIL,
          old: { id: EVIL, digest: '' },
          new: { id: EVIL, digest: '' },
          steps: { [EVIL]: 100 } as NonNullable<Steps>,
        },
      }),
    ],
    refused: [
      refused(1, {
        method: EVIL,
        path: EVIL,
        remoteAddr: EVIL,
        requestId: EVIL,
        action: 'trigger',
        meta: { token: EVIL },
      }),
    ],
  }
  const page = renderPage(evil)
  const known = (text: string) => new Set(text.match(/<\/?[a-z0-9!]+/g))
  t.strictSame(
    [...known(page)].filter(tag => !known(renderPage(TROUBLE)).has(tag)),
    [],
    'elements',
  )
  for (const sign of ['\u202e', '\u0007']) t.notOk(page.includes(sign), 'nor a sign that is obeyed')
})

const HEADLINES: readonly (readonly [words: string, units: readonly Partial<ToldUnit>[]])[] = [
  ['No unit is enabled', []],
  ['The unit is current', [{}]],
  ['All 2 units are current', [{}, { state: 'idle' }]],
  ['1 of 2 units needs a look', [{}, { state: 'down' }]],
  ['2 of 2 units need a look', [{ state: 'rolled back' }, { state: 'missing' }]],
  ['1 of 2 units needs a look', [{ last_task: { id: 1, outcome: 'failed' } }, { state: 'held' }]],
  ['1 of 3 units are current, 2 held', [{}, { state: 'held' }, { state: 'held' }]],
  [
    '1 of 3 units are current, 1 staged, 1 skipped',
    [{ state: 'staged' }, { last_task: { id: 1, outcome: 'skipped' } }, {}],
  ],
  ['1 of 2 units are current, 1 waiting for a window', [{ waits_until_ms: 1_767_225_600_000 }, {}]],
]

for (const [words, units] of HEADLINES) {
  t.test(`the sentence that says it all: ${words}`, async t => {
    const told = units.map((more, index) => unit(`unit${index}`, more))
    t.equal(headline(told), words)
    const page = renderPage({ ...EMPTY, status: { units: told, timer: 'looking' } })
    t.match(page, `<h1>${words}</h1>`)
    t.match(page, 'looks for new images just now', 'a run that is under way is no timer that is off')
    t.match(page, `<title>${words} – web1</title>`, 'also where only the title is seen')
  })
}

t.test('what needs a look comes first, also where the unit itself runs well', async t => {
  t.strictSame(rowsOf(renderPage(TROUBLE), 'Units').slice(0, 7), [
    'gone',
    'db',
    'api',
    'cache',
    'worker',
    'mail',
    'blog',
  ])
})

t.test('a tenant has no section of refused deliveries, which are nobody’s', async t => {
  t.match(renderPage(TROUBLE), '<h2>Refused deliveries</h2>')
  const page = renderPage({ ...TROUBLE, tenant: 'SHOP', refused: undefined })
  t.notMatch(page, /Refused|401<|POST/)
  t.match(page, 'Units of SHOP.')
})

t.test('the same mistake is one row, the newest first, at most ten', async t => {
  const page = renderPage({ ...EMPTY, refused: [refused(1), refused(3), refused(2, { status: 404 })] })
  t.strictSame(rowsOf(page, 'Refused deliveries'), ['POST /hooks/github', 'POST /hooks/github'])
  t.match(page, /✕<\/span> 401<.*2 times lately.*✕<\/span> 404</s)
  const many = Array.from({ length: 12 }, (_, index) => refused(index, { path: `/${index}` }))
  t.strictSame(
    rowsOf(renderPage({ ...EMPTY, refused: many }), 'Refused deliveries'),
    [11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map(number => `POST /${number}`),
  )
})

const REASONS: readonly (readonly [reason: RegExp, event: Parameters<typeof refused>[1]])[] = [
  [/secret .* GITHUB_WEBHOOK_SECRET/, {}],
  [/secret .* QUAY_WEBHOOK_SECRET/, { action: 'hook-quay' }],
  [/token .* WEBHOOK_MANUAL_TOKEN or WEBHOOK_TOKEN/, { action: 'trigger' }],
  [/token .* WEBHOOK_TOKEN\.$/, { action: 'auto-update' }],
  [/job of GitHub Actions .*: expired/, { action: 'trigger', meta: { token: 'expired' } }],
  [/WEBHOOK_REDEPLOY=1/, { status: 403 }],
  [/no such path: .*proxy/, { status: 404, action: 'unknown' }],
  [/only read/, { status: 405, action: 'unknown' }],
  [/in time/, { status: 408 }],
  [/WEBHOOK_MAX_BODY_BYTES/, { status: 413 }],
  [/application\/json/, { status: 415 }],
  [/path of another sender/, { status: 400 }],
  [/WEBHOOK_LIMIT1_COUNT/, { status: 429, action: 'trigger' }],
  [/WEBHOOK_IMAGE_LIMIT_COUNT/, { status: 429 }],
  [/journal has 0bf2ecb3/, { status: 502 }],
  [/GITHUB_WEBHOOK_SECRET is not set.*doctor/, { status: 503 }],
]

for (const [reason, event] of REASONS) {
  t.test(`what to look at: ${reason.source}`, async t => {
    t.match(reasonOf(refused(1, event)), reason)
  })
}

t.test('a bar is as long as it took, and says so in words', async t => {
  const [short, long] = [{ pull: 1000, watch: 500 }, { pull: 3000 }]
  const longest = longestOf([short, long, undefined])
  t.equal(longest, 3000)
  const widths = (steps: typeof short | typeof long) =>
    [...bar(steps, longest).markup.matchAll(/<rect class="(\w+)" x="([\d.]+)" width="([\d.]+)"/g)].map(
      ([, ...parts]) => parts.join(' '),
    )
  t.strictSame(widths(short), ['pull 0 53.3', 'watch 53.3 26.7'])
  t.strictSame(widths(long), ['pull 0 160'])
  t.match(bar(short, longest).markup, /aria-hidden="true".*1\.5 s.*pull 1\.0, watch 0\.5/)
  t.equal(bar(undefined, longest).markup, '–', 'of one that has not begun')
  t.match(bar({ look: 1 }, longest).markup, 'width="1"', 'what took no time can be seen')
})

t.test('the same state is the same bytes, and known to who has it', async t => {
  const { status, headers, body } = pageResponse(HEALTHY)
  const tag = headers['ETag'] ?? ''
  t.equal(status, 200)
  t.match(tag, /^"[\w-]{43}"$/)
  for (const known of [[tag], [`W/${tag}`], ['"x"', tag], [`"x", ${tag}`], ['*']])
    t.strictSame(
      pageResponse(HEALTHY, known),
      { status: 304, headers: without(headers), body: '' },
      known.join(),
    )
  for (const known of [[], ['"x"'], [tag.slice(1, -1)]]) t.equal(pageResponse(HEALTHY, known).body, body)
  t.not(pageResponse(MANY).headers['ETag'], tag)
})

const without = ({ 'Content-Type': _, ...headers }: Readonly<Record<string, string>>) => headers

t.test('nothing in it is from elsewhere, or does anything', async t => {
  for (const facts of [EMPTY, HEALTHY, MANY, TROUBLE]) {
    const page = renderPage(facts)
    t.notMatch(page, /<(script|form|iframe|img|input|object|embed)|\son\w+=|\sstyle=|https?:/)
    t.strictSame(
      [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to]) => to),
      ['data:,', '?refresh=no'],
    )
    t.match(page, '<meta http-equiv="refresh" content="60">')
  }
  t.notMatch(renderPage({ ...HEALTHY, refreshes: false }), 'http-equiv', 'who is read it can switch that off')
})

t.test('one h1, then h2', async t => {
  t.strictSame(renderPage(TROUBLE).match(/<h\d/g), ['<h1', '<h2', '<h2', '<h2'])
})
