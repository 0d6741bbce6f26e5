// The two commands of "Working on it", as who meets this project types them: in a fresh clone on a bare machine, which is
// Debian with Node, npm, make and git, and with no service manager; first as a user, who is told what is missing, then as
// root, then as the user again. Of the tests those run that fail where a program is missing; the others are the same.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { LAB, requireLab } from './rootfs.js'

const SOURCES = fileURLToPath(new URL('../..', import.meta.url))
const ENTER = fileURLToPath(new URL('bare.sh', import.meta.url))
const PACKAGES = 'nodejs,npm,make,git,ca-certificates'
const BARE = `${LAB}/bare-${PACKAGES.replaceAll(',', '+')}` // a comma would part mount's options
const FAILED = /(^|\/)(completion|environment|release)\.test\.ts$/
const tests = readdirSync(`${SOURCES}/tests`, { recursive: true, encoding: 'utf8' }).filter(it =>
  FAILED.test(it),
)
const TESTS = `TESTS='${tests.map(it => `tests/${it}`).join(' ')}'`
const run = promisify(execFile)

requireLab()
if (!existsSync(BARE)) {
  const making = mkdtempSync(`${LAB}/building-${process.pid}-`)
  await run('mmdebstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'trixie', `${making}/bare`])
  renameSync(`${making}/bare`, BARE)
  rmSync(making, { recursive: true })
}
const work = mkdtempSync(`${LAB}/lab-${process.pid}-`) // swept by the name, should this be killed
t.teardown(() => run('rm', ['-rf', '--one-file-system', work]))

interface Typed {
  readonly code: number
  readonly said: string
}

async function type(command: string): Promise<Typed> {
  const began = Date.now()
  const child = spawn(ENTER, [BARE, work, 'sh', '-c', `exec 2>&1; ${command}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', text => {
    said += text
  })
  const [code] = await once(child, 'close')
  t.comment(`${command}: ${code} after ${Math.round((Date.now() - began) / 1000)} s`)
  return { code, said }
}
const asBob = (command: string): Promise<Typed> =>
  type(
    `exec setpriv --reuid=bob --regid=bob --init-groups env HOME=/home/bob sh -c "cd ~/clone && ${command}"`,
  )
const asRoot = (command: string): Promise<Typed> => type(`cd /root/clone && ${command}`)

// A clone each, and what this machine trusts beyond what Debian does.
for (const path of ['upper/root', 'upper/home/bob', 'upper/usr/local/share'])
  mkdirSync(`${work}/${path}`, { recursive: true })
for (const home of ['root', 'home/bob'])
  await run('git', ['clone', '--quiet', SOURCES, `${work}/upper/${home}/clone`])
if (existsSync('/usr/local/share/ca-certificates'))
  await run('cp', ['-r', '/usr/local/share/ca-certificates', `${work}/upper/usr/local/share`])
const { code, said } = await type(
  'update-ca-certificates && useradd --shell /bin/bash bob && chown -R bob: /home/bob',
)
if (code !== 0) throw new Error(said)

t.test('a user is told what to install, in a line', async t => {
  for (const [goal, words] of [
    ['demo', /^make demo needs podman and your service manager, or root, .*\nmake: .* Error 1\n$/],
    [
      'test',
      /^make test needs more programs; as root: apt-get update && apt-get install .*mandoc.*\nmake: .* Error 1\n$/,
    ],
    ['e2e', /^make e2e needs more programs; as root: .*mmdebstrap.*\nmake: .* Error 1\n$/],
    ['bench', /^make bench needs more programs; as root: .*webhook.*\nmake: .* Error 1\n$/],
  ] as const) {
    const { code, said } = await asBob(`make ${goal}`)
    t.not(code, 0)
    t.match(said, words)
  }
})

t.test('make demo, as root', async t => {
  for (const made of [true, false]) {
    const { code, said } = await asRoot('make demo')
    t.equal(code, 0, code === 0 ? 'it ends well' : said)
    t.equal(said.includes('apt-get install'), made, 'what is missing is installed, once')
    t.equal(said.includes('# lab: making'), made, 'and the file system is made, once')
    t.match(said, /updated after .*\n.*version 1 .*\n.*version 2 /)
    t.match(said, /rolled-back after [\s\S]*Nothing is left of it.*\nNext: .*\n$/)
  }
})

t.test('make test, as root and as a user', async t => {
  for (const type of [asRoot, asBob]) {
    const { code, said } = await type(`make test ${TESTS}`)
    t.equal(code, 0, code === 0 ? 'it ends well' : said)
    t.match(said, new RegExp(`^1\\.\\.${tests.length}$`, 'm'))
    t.match(said, /^# \{ total: (\d+), pass: \1 \}$/m)
  }
})

t.test('a user is told where there is a demo', async t => {
  t.match(await asBob('make demo'), {
    code: 2,
    said: /^make demo needs podman and your service manager, or root/,
  })
})
