// A whole release: what is in each file of it, that the ones with Node have the right one and need no other, whose signature
// it has, and that another build has the same bytes. The other architecture's are looked into, and not run.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { MANUAL } from './support/manual.js'
import { matchAll } from './support/match-all.js'

const ROOT = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const NAME = `pod-upgrade-trigger-${version}`
const DEB = `pod-upgrade-trigger_${version}_all.deb`
const ARCHS = [
  { arch: 'x64', machine: 62, debian: 'amd64' },
  { arch: 'arm64', machine: 183, debian: 'arm64' },
] as const
const OF_NODE = '/usr/lib/pod-upgrade-trigger/bin/node'

const run = (cwd: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })
const sum = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

const DIST = t.testdir()
const KEYS = `${DIST}/keys`
mkdirSync(KEYS)
for (const who of ['maintainer', 'stranger'])
  run(KEYS, 'ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', who)
writeFileSync(`${KEYS}/signers`, `maintainers ${readFileSync(`${KEYS}/maintainer.pub`, 'utf8')}`)
const quickly = (dist: string): string[] => [`DIST=${dist}`, 'GZ=gzip -1n', 'DEB_Z=-Znone']
const make = (dist: string, ...words: string[]): string =>
  run(ROOT, 'make', ...quickly(dist), `SIGNERS=${KEYS}/signers`, ...words)

make(DIST, 'release', `SIGN_KEY=${KEYS}/maintainer`)

t.test('checksums, and whose they are', async t => {
  const sums = readFileSync(`${DIST}/SHA256SUMS`)
  const listed = [...String(sums).matchAll(/^[0-9a-f]{64} {2}(.*)$/gm)].map(([, name]) => name)
  const files = readdirSync(DIST, { withFileTypes: true })
    .filter(it => it.isFile() && !it.name.startsWith('SHA256SUMS'))
    .map(({ name }) => name)
  t.strictSame(listed.sort(), files.sort())
  t.equal(listed.length, 9)
  run(DIST, 'sha256sum', '--check', '--quiet', 'SHA256SUMS')

  const verify = (data: Buffer) =>
    execFileSync(
      'ssh-keygen',
      '-Y verify -f keys/signers -I maintainers -n pod-upgrade-trigger -s SHA256SUMS.sig'.split(' '),
      { cwd: DIST, input: data, encoding: 'utf8', stdio: 'pipe' },
    )
  t.match(verify(sums), /^Good "pod-upgrade-trigger" signature for maintainers/)
  const flipped = Buffer.from(sums)
  flipped[0]! ^= 1
  t.throws(() => verify(flipped), /incorrect signature/)
})

t.test('a key that nobody knows, and none', async t => {
  t.throws(() => make(DIST, 'sums', `SIGN_KEY=${KEYS}/stranger`), /does not have this key/)
  t.notOk(readdirSync(DIST).includes('SHA256SUMS.sig'))
  t.match(make(DIST, 'sums'), /SHA256SUMS is not signed/)
  t.notOk(readdirSync(DIST).includes('SHA256SUMS.sig'))
})

t.test('without Node', async t => {
  matchAll(t, control(DEB), {
    Package: 'pod-upgrade-trigger',
    Architecture: 'all',
    Depends: /^nodejs \(>= 20/,
  })
  run(DIST, 'dpkg-deb', '-x', DEB, `${DIST}/deb-tree`)
  const share = `${DIST}/deb-tree/usr/share`
  const pages = readdirSync(`${ROOT}/units/share/man`, { recursive: true, encoding: 'utf8' })
  for (const page of pages.filter(it => /\.\d$/.test(it)))
    t.ok(existsSync(`${share}/man/${page}.gz`), `${page}, compressed`)
  const docs = readdirSync(`${share}/doc/pod-upgrade-trigger`)
  for (const path of [...MANUAL.keys(), 'CHANGELOG.md', 'SECURITY.md', 'openapi.json', 'copyright'])
    t.ok(docs.includes(basename(path)), path)
})

for (const { arch, machine, debian } of ARCHS) {
  const name = `${NAME}-linux-${arch}`
  const deb = `pod-upgrade-trigger-bundled_${version}_${debian}.deb`
  const tree = `${DIST}/${name}.deb`

  t.test(`with Node for ${arch}`, async t => {
    t.strictSame(added(`${NAME}.tar.gz`, `${name}.tar.gz`), {
      'NAME/bin/node': '-rwxr-xr-x',
      'NAME/LICENSE.node': '-rw-r--r--',
    })
    t.strictSame(added(DEB, deb), {
      [`.${OF_NODE}`]: '-rwxr-xr-x',
      './usr/share/doc/NAME/LICENSE.node': '-rw-r--r--',
    })
    matchAll(t, control(deb), {
      Package: 'pod-upgrade-trigger-bundled',
      Architecture: debian,
      Depends: /^libc6 \(>= 2\.28\), libgcc-s1, libstdc\+\+6 [^,]*, podman /,
      Provides: `pod-upgrade-trigger (= ${version})`,
      Conflicts: 'pod-upgrade-trigger',
      Replaces: 'pod-upgrade-trigger',
    })
    t.notMatch(control(deb)['Depends'], /nodejs/)

    run(DIST, 'dpkg-deb', '-x', deb, tree)
    const node = readFileSync(tree + OF_NODE)
    t.equal(node.toString('latin1', 0, 4), '\x7fELF')
    t.equal(node.readUInt16LE(18), machine)
    t.ok(node.includes('v24.'), 'it knows its version')
    run(
      tree,
      'sh',
      '-c',
      `cd usr/share/doc/* && grep -q '^Node.js is licensed' LICENSE.node && grep -q '^Node.js 24' THIRD*`,
    )
    run(DIST, 'tar', '-xf', `${name}.tar.gz`)
    t.equal(sum(`${DIST}/${name}/bin/node`), sum(tree + OF_NODE))
    const bom = JSON.parse(readFileSync(`${DIST}/${name}.cdx.json`, 'utf8'))
    matchAll(
      t,
      bom.components.find((it: { name: string }) => it.name === 'node'),
      {
        version: /^24\./,
        hashes: [{ alg: 'SHA-256', content: sum(tree + OF_NODE) }],
      },
    )
  })

  t.test(`nothing looks for another, ${arch}`, async t => {
    const text = ['-rI', '--exclude-dir=doc', '--exclude=node']
    t.equal(run(tree, 'sh', '-c', `grep ${text.join(' ')} -l 'env node' . ../${name}/bin || true`), '')
    const starts = run(tree, 'grep', ...text, '-hE', '^(ExecStart(Pre)?=-?|ExecPaths=|#!)/.*node', '.')
    t.equal(
      starts.match(/usr\/lib\/pod-upgrade-trigger\/bin\/node/g)?.length,
      starts.trim().split('\n').length,
      starts,
    )
  })
}

t.test('installs without Node', async t => {
  const root = t.testdir()
  run(DIST, 'tar', '-C', root, '-xf', `${NAME}-linux-${process.arch}.tar.gz`)
  const places = ['PREFIX', 'CONFDIR', 'UNITDIR'].map(it => `${it}=${root}/${it}`)
  const tree = `${root}/${NAME}-linux-${process.arch}`
  // The coreutils are beside node on some machines, so it is hidden by its name.
  mkdirSync(`${root}/bin`)
  const tools =
    'cat chmod cut echo install ln make mkdir mv readlink rm rmdir sh sha256sum sort test true'.split(' ')
  for (const tool of tools) run(`${root}/bin`, 'ln', '-s', `/usr/bin/${tool}`)
  run(tree, 'env', '-i', `PATH=${root}/bin`, 'make', 'install', 'SYSTEMCTL=true', ...places)
  const program = (...args: string[]) =>
    run(root, 'env', '-i', `${root}/PREFIX/bin/pod-upgrade-trigger`, ...args)
  t.equal(program('--version'), `${version}\n`)
  t.match(run(root, 'sh', '-c', `PREFIX/bin/pod-upgrade-trigger nothing 2>&1 || echo $?`), /\n64\n$/)
  const unit = readFileSync(`${root}/UNITDIR/pod-upgrade-trigger@.service`, 'utf8')
  t.match(unit, `ExecStart=${root}/PREFIX/lib/pod-upgrade-trigger/bin/node `)
})

t.test('another build has the same bytes', async t => {
  const dist = t.testdir()
  const shell = `umask 077; TZ=Asia/Kathmandu exec "$@"`
  run(ROOT, 'sh', '-c', shell, 'sh', 'make', ...quickly(dist), 'ARCH=arm64', 'deb', 'sbom')
  const made = readdirSync(dist).filter(name => /\.(gz|deb|json)$/.test(name))
  t.equal(made.length, 3)
  for (const name of made) t.equal(sum(`${dist}/${name}`), sum(`${DIST}/${name}`), name)
})

/** What one archive has and the other has not, or not so, with its mode; nothing else is only in the other. */
function added(small: string, big: string): Record<string, string> {
  const [less = {}, more = {}] = [small, big].map(archive => {
    const rows = run(DIST, 'sh', '-c', `case $0 in *.deb) dpkg-deb -c $0 ;; *) tar -tvf $0 ;; esac`, archive)
    const doc = /(?<=\/doc\/)[^/]+|^pod-upgrade-trigger-[^/]+/
    const cells = rows
      .trim()
      .split('\n')
      .map(row => row.split(/\s+/))
    return Object.fromEntries(
      cells.map(([mode = '', , , , , path = '']) => [path.replace(doc, 'NAME'), mode]),
    )
  })
  for (const path of Object.keys(less)) if (!(path in more)) throw new Error(`${big} lacks ${path}`)
  return Object.fromEntries(Object.entries(more).filter(([path, mode]) => less[path] !== mode))
}

function control(deb: string): Record<string, string> {
  const fields = run(DIST, 'dpkg-deb', '-f', deb).split(/\n(?=\S)/)
  return Object.fromEntries(fields.map(field => field.split(/: (.*)/s).slice(0, 2)))
}
