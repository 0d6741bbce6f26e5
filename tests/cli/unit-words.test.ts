// The words by which people mean a unit, and what they are told where it is none.
import t from 'tap'
import { unitsOfWords } from '../../lib/cli/unit-words.js'
import { matchAll } from '../support/match-all.js'

const ENABLED = ['web.service', 'web-db.service', 'shop-pod.service', 'app@one.service']

const ROWS: readonly (readonly [why: string, words: readonly string[], found: readonly string[] | RegExp])[] =
  [
    ['a name', ['web'], ['web.service']],
    ['with its suffix', ['web.service'], ['web.service']],
    ["the quadlet's file", ['web.container'], ['web.service']],
    ["a pod's file", ['shop.pod'], ['shop-pod.service']],
    ['an instance', ['app@one'], ['app@one.service']],
    ['several, each once', ['web', 'web-db', 'web.container'], ['web.service', 'web-db.service']],
    ['a glob', ['web*'], ['web.service', 'web-db.service']],
    ['none at all', [], []],
    [
      'a glob of nothing',
      ['blog*'],
      /no enabled unit is like blog\*; enabled are web, web-db, shop-pod, app@one: /,
    ],
    [
      'one that is not enabled',
      ['nope'],
      /^nope\.service is not enabled; enabled are web, .*WEBHOOK_MANUAL_UNITS/,
    ],
    ['no unit', ['../x'], /^\.\.\/x is not the name of a service unit$/],
    ['an option', ['-H'], /^-H is not the name of a service unit$/],
  ]

for (const [why, words, found] of ROWS) {
  t.test(why, async t => {
    const result = unitsOfWords(words, ENABLED)
    if (result.ok) t.strictSame(result.value, found)
    else t.match(result.problems[0]?.message, found)
  })
}

t.test('where nothing is enabled', async t => {
  matchAll(t, unitsOfWords(['web'], []), { problems: [{ message: /none is: WEBHOOK_MANUAL_UNITS/ }] })
})
