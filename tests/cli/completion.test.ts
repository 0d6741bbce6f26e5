// Completion in bash and zsh, by the name that is installed.
import { join } from 'node:path'
import t from 'tap'
import { completed } from '../support/completed.js'

const BIN = join(import.meta.dirname, '../../bin')

for (const shell of ['bash', 'zsh'] as const) {
  for (const login of ['/bin/bash', '/usr/bin/zsh']) {
    t.test(`${shell}, where ${login} is the shell of the user`, async t => {
      const after = (line: string) => completed(shell, line, BIN, login, t.testdir())
      t.equal(after('pod-upgrade-trigger tr'), 'pod-upgrade-trigger trigger ', 'a command')
      t.equal(after('pod-upgrade-trigger tasks --sin'), 'pod-upgrade-trigger tasks --since ', 'its option')
      t.equal(
        after('pod-upgrade-trigger nothing'),
        'pod-upgrade-trigger nothing',
        'nothing where there is none',
      )
    })
  }
}
