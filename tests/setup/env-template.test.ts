// Where no env file is, setup begins with the template of the installation that runs, through the links that lead to it.
import { join } from 'node:path'
import t from 'tap'
import { envTemplate } from '../../lib/setup/env-template.js'

t.test('of an installed program', async t => {
  const prefix = t.testdir({
    bin: { 'pod-upgrade-trigger': t.fixture('symlink', '../lib/pod-upgrade-trigger/program.cjs') },
    lib: {
      'pod-upgrade-trigger': {
        'program.cjs': t.fixture('symlink', 'b01d/program.cjs'),
        b01d: { 'program.cjs': '' },
      },
    },
    share: { 'pod-upgrade-trigger': { 'env.template': '# Which.\n#UNITS=\n' } },
  })
  t.equal(envTemplate(join(prefix, 'bin/pod-upgrade-trigger')), '# Which.\n#UNITS=\n')
})

t.test('of one that is not', async t => {
  t.equal(envTemplate(join(t.testdir({ bin: { 'program.cjs': '' } }), 'bin/program.cjs')), '')
})
