// What is released without a Node: that the tarball is whole, installs with Node, make and coreutils alone, and takes itself
// away again. The rest of a release is in release-whole.test.ts.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'
import { VARIABLES } from '../lib/config/variables.js'
import { brokenLinks, MANUAL } from './support/manual.js'
import { matchAll } from './support/match-all.js'

const ROOT = join(import.meta.dirname, '..')
const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const NAME = `pod-upgrade-trigger-${version}`
const DIST = t.testdir()
const run = (cwd: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })

run(ROOT, 'make', 'tarball', 'sbom', `DIST=${DIST}`)

t.test('the tarball installs where there is little else', async t => {
  const { make, files, root } = target(t.testdir())
  const conf = '/etc/pod-upgrade-trigger/env'
  t.match(
    make('install', root),
    /^Next: \/usr\/local\/bin\/pod-upgrade-trigger setup$/m,
    'it says what comes next',
  )
  const installed = files(root)
  for (const path of [
    ...[
      conf,
      '/usr/local/bin/pod-upgrade-trigger',
      '/usr/local/lib/systemd/system/pod-upgrade-trigger@.service',
    ],
    '/usr/local/share/man/man1/pod-upgrade-trigger.1',
    '/usr/local/share/man/man5/pod-upgrade-trigger.env.5',
    '/usr/local/share/man/man7/pod-upgrade-trigger-api.7',
    '/usr/local/share/doc/pod-upgrade-trigger/openapi.json',
    ...[...MANUAL.keys()].map(it => `/usr/local/share/doc/pod-upgrade-trigger/${basename(it)}`),
  ])
    t.ok(installed.includes(path), path)
  t.notOk(installed.some(path => /spool(?!.*\.cjs$)/.test(path) || path.endsWith('.new')))
  const program = `${root}/usr/local/lib/pod-upgrade-trigger/pod-upgrade-trigger.cjs`
  t.equal(run(root, 'env', '-i', program, '--version'), `${version}\n`, 'whatever PATH says')
  for (const path of installed.filter(it => it.includes('/systemd/')))
    t.notMatch(readFileSync(root + path, 'utf8'), /@[A-Z]+@|undefined/, path)
  for (const path of installed.filter(it => it.endsWith('.md')))
    t.strictSame(brokenLinks(root + path), [], path)

  make('install-spool', root)
  t.ok(files(root).length > installed.length)
  const pin = '/etc/systemd/system/web.service.d/~~pod-upgrade-trigger.conf'
  mkdirSync(dirname(root + pin), { recursive: true })
  writeFileSync(root + pin, '')
  writeFileSync(`${root + pin}.ready`, '')
  const said = make('uninstall', root)
  t.match(said, /^Left: .*\/etc\/pod-upgrade-trigger.*\/var\/lib\/pod-upgrade-trigger/m)
  t.match(said, /^Left: .*\/web\.service\.d\/.* keeps a unit on its old image/m)
  t.strictSame(files(root), [conf, pin])
  make('purge', root)
  t.strictSame(files(root), [pin], 'a unit that was rolled back must not change its image by this')
})

t.test('links lead somewhere in the tarball too', async t => {
  for (const path of MANUAL.keys()) t.strictSame(brokenLinks(`${DIST}/${NAME}/${path}`), [], path)
})

t.test('for a user too', async t => {
  const { make, files, root } = target(t.testdir())
  make('install-user', root)
  t.ok(files(root).includes('/home/somebody/.local/share/systemd/user/pod-upgrade-trigger.socket'))
  make('uninstall-user', root)
  t.strictSame(files(root), ['/home/somebody/.config/pod-upgrade-trigger/env'])
  make('purge-user', root)
  t.strictSame(files(root), [])
})

t.test('below another prefix, where systemd looks', async t => {
  const { make, files, root } = target(t.testdir())
  make('install', root, 'PREFIX=/opt/hooks')
  const installed = files(root)
  for (const path of ['/opt/hooks/bin/pod-upgrade-trigger', '/etc/systemd/system/pod-upgrade-trigger.socket'])
    t.ok(installed.includes(path), path)
  t.notOk(installed.some(path => path.startsWith('/usr/')))
  make('purge', root, 'PREFIX=/opt/hooks')
  t.strictSame(files(root), [])
})

t.test('without a fitting node it says what is needed, and installs nothing', async t => {
  const { make, files, root } = target(t.testdir())
  const failed = t.throws(() => make('install', '', 'NODE=/nowhere/node', `PREFIX=${root}`))
  t.match(String((failed as unknown as { stderr: string }).stderr), /Node 20\.19 or newer is needed/)
  for (const path of ['node', '/opt/my node', `/${'long/'.repeat(25)}node`])
    t.throws(() => make('install', root, `NODE=${path}`), /^NODE has to be an absolute path/m)
  t.strictSame(files(root), [])
})

t.test('the manual pages', async t => {
  const directory = `${ROOT}/units/share/man`
  const pages = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(it => /\.\d$/.test(it))
  t.equal(pages.length, 6)
  const names = pages.map(it => basename(it).replace(/\.(\d)$/, '($1)'))
  const texts = new Map<string, string>()
  for (const it of pages) {
    const page = `${directory}/${it}`
    t.equal(run(ROOT, 'sh', '-c', `groff -man -ww -z ${page} 2>&1`), '', `groff has nothing to say of ${it}`)
    t.equal(run(ROOT, 'mandoc', '-T', 'lint', '-W', 'warning', page), '', 'nor has mandoc')
    // Bold by overstriking, which col takes away: newer ones write escape sequences.
    const text = run(ROOT, 'sh', '-c', `groff -man -Tascii -P-c ${page} | col -b`)
    texts.set(basename(it), text)
    t.notMatch(text, /&(quot|amp|lt|gt);|make test|Settings → Webhooks|\]\(/)
    const [, seeAlso = ''] = text.split('\nSEE ALSO\n')
    const others = names.filter(name => !it.endsWith(name.replace(/\((\d)\)/, '.$1')))
    t.equal(others.length, pages.length - 1)
    for (const other of others)
      t.ok(seeAlso.replace(/\s+/g, ' ').includes(` ${other},`), `${it} names ${other}`)
  }
  const help = run(ROOT, 'bin/pod-upgrade-trigger', '--help')
  const commands = [...help.matchAll(/^ {2}pod-upgrade-trigger ([a-z]+) /gm)].map(([, name]) => name)
  t.ok(commands.length >= 7)
  for (const command of commands)
    t.match(texts.get('pod-upgrade-trigger.1'), new RegExp(`pod-upgrade-trigger ${command}`))
  for (const name of Object.keys(VARIABLES))
    t.match([...texts.values()].join(), name.replace(/^[A-Z]+(?=_REGISTRY$)/, '<SENDER>'))
  t.match(texts.get('pod-upgrade-trigger.env.5'), 'WEBHOOK_MANUAL_UNITS')
})

t.test('whose work is in it', async t => {
  const notices = readFileSync(`${DIST}/${NAME}/THIRD-PARTY-NOTICES`, 'utf8')
  const bom = JSON.parse(readFileSync(`${DIST}/${NAME}.cdx.json`, 'utf8'))
  const components = bom.components.map(({ name }: { name: string }) => name)
  for (const name of [...Object.keys(dependencies), 'sqlite']) {
    t.match(notices, new RegExp(`^${name} [0-9.]+ \\(`, 'im'), name)
    t.ok(components.includes(name), `${name} among the components`)
  }
  t.notOk(components.includes('esbuild'), 'and not what only makes it')
  matchAll(t, bom.metadata, {
    component: { name: 'pod-upgrade-trigger', version },
    tools: [{ name: 'units/packaging/sbom.js' }],
  })
})

/** The unpacked tarball on a machine that has Node, make, a shell and coreutils. */
function target(dir: string) {
  const root = `${dir}/root`
  const coreutils =
    'cat chmod cut echo expand install ln mkdir mv readlink rm rmdir sha256sum sort test'.split(' ')
  for (const name of ['bin', 'tree', 'root']) mkdirSync(`${dir}/${name}`)
  symlinkSync(process.execPath, `${dir}/bin/node`)
  for (const name of ['make', 'sh', ...coreutils]) symlinkSync(`/usr/bin/${name}`, `${dir}/bin/${name}`)
  run(`${dir}/tree`, 'tar', '--strip-components=1', '-xf', `${DIST}/${NAME}.tar.gz`)
  const env = ['-i', 'HOME=/home/somebody', `PATH=${dir}/bin`]
  return {
    root,
    make: (goal: string, root: string, ...more: string[]) =>
      run(`${dir}/tree`, 'env', ...env, 'make', goal, `DESTDIR=${root}`, ...more),
    files: (root: string) =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter(it => !it.isDirectory())
        .map(it => `${it.parentPath}/${it.name}`.slice(root.length))
        .sort(),
  }
}

t.test(
  'the oldest Node that is supported stands in package.json, and is what is asked for elsewhere',
  async t => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const [major = 0, minor = 0] = engines.node.replace('>=', '').split('.').map(Number)
    const rows = [
      [`${major}.${minor - 1}.9`, 1],
      [`${major}.${minor}.0`, 0],
      [`${major + 1}.0.0`, 0],
      [`${major - 1}.99.0`, 1],
    ] as const
    for (const path of ['units/install.mk', 'tests/needs']) {
      const text = readFileSync(join(ROOT, path), 'utf8')
      const [found = ''] = /const \[major, minor\] = .*process\.exit\(.*? : 1\)/.exec(text) ?? []
      t.match(text, `Node ${major}.${minor} or newer`, path)
      for (const [node, status] of rows) {
        const process = { versions: { node }, exit: (code: number) => code }
        t.equal(
          new Function('process', found.replace('process.exit', 'return process.exit'))(process),
          status,
          `${path}: ${node}`,
        )
      }
    }
  },
)
