// ACTIONS_ALLOW: what a rule is, and what is none. A rule that is misread would let a stranger's job in, so none is guessed at.
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { ConfigError } from '../../lib/errors.js'

const ROOT = { uid: 0, home: '/root', envFile: undefined }
const parse = (
  ACTIONS_ALLOW: string,
  more: Readonly<Record<string, string>> = { WEBHOOK_PUBLIC_URL: 'https://h.example/' },
) => parseConfig({ ACTIONS_ALLOW, ...more }, ROOT).actionsRules
const problems = (...args: Parameters<typeof parse>): readonly string[] => {
  try {
    parse(...args)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

t.test('rules, one a line', async t => {
  const main = { repositoryId: '1296269', ref: 'refs/heads/main', units: ['web.service', 'db.service'] }
  t.strictSame(parse(''), [])
  t.strictSame(parse('1296269 refs/heads/main web db'), [main])
  t.strictSame(parse('  1296269\trefs/heads/main  web, db.service ,\r\n\n7 refs/tags/v1,2 app@one\n'), [
    main,
    { repositoryId: '7', ref: 'refs/tags/v1,2', units: ['app@one.service'] },
  ])
})

t.test('what is no rule is a mistake, named by its line and not quoted', async t => {
  const rows: readonly (readonly [why: string, line: string, said: RegExp])[] = [
    ['no unit', '1 refs/heads/main', /has no unit/],
    ['only commas', '1 refs/heads/main ,', /has no unit/],
    ['no unit that could be one', '1 refs/heads/main web -x', /none/],
    ['a template', '1 refs/heads/main app@', /none/],
    ['a name for an id', 'acme/web refs/heads/main web', /id is no number/],
    ['an id with a zero before it', '01 refs/heads/main web', /id is no number/],
    ['a signed id', '-1 refs/heads/main web', /id is no number/],
    ['a comment', '# 1 refs/heads/main web', /id is no number/],
    ['a branch by its short name', '1 main web', /refs\//],
    ['refs/ alone', '1 refs/ web', /refs\//],
    ['no ref', '1 web', /refs\//],
  ]
  for (const [why, line, said] of rows) {
    const found = problems(`5 refs/heads/main web\n${line}`)
    t.equal(found.length, 1, why)
    t.match(found[0], said, why)
    t.match(found[0], /^ACTIONS_ALLOW line 2 must be REPOSITORY_ID REF UNIT/, why)
    t.notMatch(found[0], /acme|web -x/, 'and the line is not quoted')
  }
})

t.test('tokens need an audience that is ours', async t => {
  t.strictSame(problems('1 refs/heads/main web', {}), [
    'ACTIONS_ALLOW needs WEBHOOK_PUBLIC_URL, which is the audience of the tokens',
  ])
})
