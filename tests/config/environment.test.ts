// Where configuration text comes from: real files, each read anew. A secret is given once, in one of four ways.
import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { envFilePath, readConfig, requestEnvFile, sourcesOf } from '../../lib/config/environment.js'
import { ConfigError } from '../../lib/errors.js'
import { matchAll } from '../support/match-all.js'

const OLD = 'old-secret-of-tests'
const NEW = 'new-secret-of-tests'
const NO_FILE = { WEBHOOK_ENV_FILE: '', HOME: '/nonexistent' }

const githubSecrets = (env: Record<string, string>) => readConfig(env).senders.github.secrets

t.test('the env file', async t => {
  const dir = t.testdir({
    env: `# a comment
GITHUB_WEBHOOK_SECRET="${OLD}
${NEW}"
WEBHOOK_MANUAL_UNITS='web, api' # trailing
#WEBHOOK_SCOPE=user
WEBHOOK_MAX_BODY_BYTES=2048
`,
    empty: '',
  })
  const env = { HOME: dir, WEBHOOK_ENV_FILE: join(dir, 'env') }
  t.strictSame(githubSecrets(env), [OLD, NEW])
  matchAll(t, readConfig(env), {
    manualUnits: ['web.service', 'api.service'],
    maxBodyBytes: 2048,
    envFile: join(dir, 'env'),
  })
  t.equal(readConfig({ ...env, WEBHOOK_MAX_BODY_BYTES: '4096' }).maxBodyBytes, 4096, 'the environment wins')
  const { envFile, senders } = readConfig({ ...env, WEBHOOK_ENV_FILE: '' })
  t.strictSame(
    { envFile, secrets: senders.github.secrets },
    { envFile: undefined, secrets: [] },
    'set but empty: no file',
  )
  t.match(readConfig({ ...env, WEBHOOK_ENV_FILE: join(dir, 'empty') }), { envFile: join(dir, 'empty') })
  t.match(mistake({ ...env, WEBHOOK_ENV_FILE: join(dir, 'none') }), /^WEBHOOK_ENV_FILE: .*ENOENT/)
  t.match(mistake({ ...env, WEBHOOK_ENV_FILE: dir }), /^WEBHOOK_ENV_FILE: .*no plain file/)
})

t.test('the usual place: of the host for root, of the user for others', async t => {
  const isRoot = process.getuid?.() === 0
  const ofRoot = '/etc/pod-upgrade-trigger/env'
  const dir = t.testdir({
    '.config': { 'pod-upgrade-trigger': { env: 'WEBHOOK_MANUAL_UNITS=web\nQUAY_REGISTRY=\n' } },
    other: {},
  })
  const own = join(dir, '.config/pod-upgrade-trigger/env')
  t.equal(envFilePath({ HOME: dir }), isRoot ? ofRoot : own)
  const other = { HOME: dir, XDG_CONFIG_HOME: join(dir, 'other') }
  t.equal(envFilePath(other), isRoot ? ofRoot : join(dir, 'other/pod-upgrade-trigger/env'))
  t.equal(envFilePath({ HOME: dir, XDG_CONFIG_HOME: '' }), isRoot ? ofRoot : own)
  t.equal(sourcesOf({ HOME: dir }).scope, isRoot ? 'system' : 'user')
  t.strictSame(sourcesOf({ HOME: dir, WEBHOOK_ENV_FILE: own, WEBHOOK_SCOPE: 'user' }), {
    scope: 'user',
    envFile: own,
    names: ['WEBHOOK_MANUAL_UNITS'],
    secretFiles: [],
  })
  t.equal(sourcesOf({ HOME: dir, WEBHOOK_ENV_FILE: '', WEBHOOK_SCOPE: 'system' }).scope, 'system')
  if (isRoot) return // whose file is the host's
  t.strictSame(readConfig({ HOME: dir }).manualUnits, ['web.service'])
  t.equal(readConfig({ HOME: dir }).scope, 'user')
  t.strictSame(readConfig(other).manualUnits, [], 'it need not be there')
})

t.test('the ways to give a secret', async t => {
  const dir = t.testdir({
    file: 'from-file-of-tests\n',
    two: `${OLD}\n${NEW}\n`,
    creds: { GITHUB_WEBHOOK_SECRET: 'from-credential-of-tests\n' },
    none: {},
  })
  const inEnv = { GITHUB_WEBHOOK_SECRET: 'from-environment-of-tests' }
  const inFile = { GITHUB_WEBHOOK_SECRET_FILE: join(dir, 'file') }
  const inCredential = { CREDENTIALS_DIRECTORY: join(dir, 'creds') }
  const more = 'GITHUB_WEBHOOK_SECRET is given more than once'
  const rows: readonly (readonly [
    why: string,
    env: Record<string, string>,
    expected: readonly string[] | string,
  ])[] = [
    ['no way', {}, []],
    ['the environment', inEnv, ['from-environment-of-tests']],
    ['a file', inFile, ['from-file-of-tests']],
    ['a file with two', { GITHUB_WEBHOOK_SECRET_FILE: join(dir, 'two') }, [OLD, NEW]],
    ['a credential', inCredential, ['from-credential-of-tests']],
    ['credentials of other names', { CREDENTIALS_DIRECTORY: join(dir, 'none') }, []],
    ['an empty variable is no way', { ...inFile, GITHUB_WEBHOOK_SECRET: '' }, ['from-file-of-tests']],
    [
      'an empty file name is no way',
      { ...inEnv, GITHUB_WEBHOOK_SECRET_FILE: '' },
      ['from-environment-of-tests'],
    ],
    ['environment and file', { ...inEnv, ...inFile }, more],
    ['environment and credential', { ...inEnv, ...inCredential }, more],
    ['file and credential', { ...inFile, ...inCredential }, more],
    ['all three', { ...inEnv, ...inFile, ...inCredential }, more],
    [
      'a file that is not there',
      { GITHUB_WEBHOOK_SECRET_FILE: join(dir, 'x') },
      'GITHUB_WEBHOOK_SECRET_FILE: ',
    ],
    ['a file that is a directory', { GITHUB_WEBHOOK_SECRET_FILE: dir }, 'GITHUB_WEBHOOK_SECRET_FILE: '],
  ]
  for (const [why, env, expected] of rows) {
    if (typeof expected !== 'string') t.strictSame(githubSecrets({ ...NO_FILE, ...env }), expected, why)
    else t.match(mistake({ ...NO_FILE, ...env }), expected, why)
    if (typeof expected === 'string')
      t.notMatch(mistake({ ...NO_FILE, ...env }), /from-/, 'no value is quoted')
  }
})

t.test('a secret in the env file counts as one in the environment', async t => {
  const dir = t.testdir({
    env: `GITHUB_WEBHOOK_SECRET=${OLD}\n`,
    file: `${NEW}\n`,
    with: 'GITHUB_WEBHOOK_SECRET_FILE=FILE\n',
  })
  const WEBHOOK_ENV_FILE = join(dir, 'env')
  t.strictSame(githubSecrets({ WEBHOOK_ENV_FILE, GITHUB_WEBHOOK_SECRET: NEW }), [NEW])
  t.match(
    mistake({ WEBHOOK_ENV_FILE, GITHUB_WEBHOOK_SECRET_FILE: join(dir, 'file') }),
    'given more than once',
  )
})

t.test('a file that only others may read', async t => {
  const dir = t.testdir({ file: 'x' })
  chmodSync(join(dir, 'file'), 0)
  // Root would read every file, but for what is taken from it here. seteuid() is refused by a Node that may use io_uring.
  const config = new URL('../../lib/config/environment.js', import.meta.url)
  const script = `const { readConfig } = await import(${JSON.stringify(config)})
    try { readConfig(${JSON.stringify({ ...NO_FILE, GITHUB_WEBHOOK_SECRET_FILE: join(dir, 'file') })}) }
    catch (error) { console.log(error.problems.join()) }`
  const taken = '-dac_override,-dac_read_search'
  const lesser = ['setpriv', `--bounding-set=${taken}`, `--inh-caps=${taken}`]
  const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script]
  const [program = '', ...args] = [...(process.getuid?.() === 0 ? lesser : []), ...node]
  const said = execFileSync(program, args, { encoding: 'utf8' })
  t.match(said, 'EACCES')
})

t.test(
  'a file that is odd: nobody waits for the other end of a pipe, or for the end of a device',
  async t => {
    const dir = t.testdir({ bom: `\uFEFFGITHUB_WEBHOOK_SECRET=${OLD}\n`, large: 'x'.repeat(1_048_577) })
    execFileSync('mkfifo', [join(dir, 'pipe')])
    for (const [file, said] of [
      [join(dir, 'pipe'), 'no plain file'],
      ['/dev/zero', 'no plain file'],
      [join(dir, 'large'), 'larger than 1 MiB'],
    ] as const) {
      t.match(mistake({ HOME: dir, WEBHOOK_ENV_FILE: file }), said, file)
      t.match(mistake({ ...NO_FILE, WEBHOOK_TOKEN_FILE: file }), said, file)
    }
    t.strictSame(
      githubSecrets({ HOME: dir, WEBHOOK_ENV_FILE: join(dir, 'bom') }),
      [OLD],
      'a mark is read over',
    )
  },
)

function mistake(env: Record<string, string>): string {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
  return ''
}

t.test('what a request is handed is read back as it was', async t => {
  const values = [
    'plain-and-long-enough',
    ' spaces, # and = in it, long enough ',
    "it's one with an apostrophe",
    '"double quotes", long enough',
    'a `backtick` and "quotes", too',
    'back\\slashes \\n stay \\t as they are',
    'the new one of the two\nthe old one of the two',
    '$HOME is no variable here',
  ]
  for (const value of values) {
    const dir = t.testdir({ env: requestEnvFile({ ...NO_FILE, WEBHOOK_TOKEN: value }) })
    const { tokens } = readConfig({ HOME: dir, WEBHOOK_ENV_FILE: join(dir, 'env') })
    t.strictSame(
      tokens,
      value.split('\n').map(line => line.trim()),
      value,
    )
  }
  t.throws(() => requestEnvFile({ ...NO_FILE, WEBHOOK_TOKEN: "both ' and `, long enough" }), {
    name: 'ConfigError',
    message: /WEBHOOK_TOKEN has both/,
  })
  t.equal(requestEnvFile({ ...NO_FILE, WEBHOOK_NOTIFY_COMMAND: 'x', WEBHOOK_STATE_DIR: '/x' }), '')
  t.equal(
    requestEnvFile({ ...NO_FILE, WEBHOOK_TOKEN: 'short' }),
    "WEBHOOK_TOKEN='short'\n",
    'a mistake is handed on: it is for the request to refuse',
  )
})
