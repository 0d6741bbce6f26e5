// `setup` on a host where nothing is configured, and on one where all is: what it changes, says and asks, with the fakes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { withStore } from '../../lib/store/session.js'
import { waitFor } from '../support/host.js'
import { freePort, listen } from '../support/listen.js'
import { start } from '../support/program.js'
import { BINARY, command } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'
const ANSWER = join(import.meta.dirname, '../support/answer.mjs')
const NAMED = ['setup', '--yes', '--units', 'web', '--host', 'hooks.example.org'] as const

/** Installed and not configured, but for what these tests need; somebody listens, as if the manager did. */
async function installed(t: Test, world: World): Promise<void> {
  const text = readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8')
  const own = text.replace(/^(GITHUB_WEBHOOK_SECRET|WEBHOOK_MANUAL_UNITS)=.*\n/gm, '')
  writeFileSync(world.env.WEBHOOK_ENV_FILE, `${own}# Which units.\n#WEBHOOK_MANUAL_UNITS=\n`)
  const port = await freePort()
  const { activator, log } = listen(world, port)
  t.teardown(() => activator.kill())
  await waitFor('the listener', () => log().includes('Listening on'))
  world.fake('show-pod-upgrade-trigger.socket', `LoadState=loaded\nListen=127.0.0.1:${port} (Stream)\n`)
  for (const unit of ['.timer', '.service', '@doctor.service'])
    world.fake(`show-pod-upgrade-trigger${unit}`, 'LoadState=loaded\nNeedDaemonReload=no\n')
  world.fake('show-podman-auto-update.timer', 'LoadState=loaded\nActiveState=active\nUnitFileState=enabled\n')
  const lines = `ExecStart=${process.execPath} ${BINARY} serve\nEnvironment=WEBHOOK_ENV_FILE=${world.dir}/env\n`
  world.fake('cat-pod-upgrade-trigger@.service', `[Service]\n${lines}`)
  world.setUnit('web.service', IMAGE, '0'.repeat(64))
  world.setRegistry(IMAGE, '1'.repeat(64))
  withStore(world.stateDir, ({ events, rateLimits }) => [events, rateLimits])
  chmodSync(world.stateDir, 0o700)
}

journey('a fresh host: one command, and it listens', async (t, world) => {
  await installed(t, world)
  const { exitCode, stdout, stderr } = await start(world, ...NAMED).end
  t.equal(exitCode, 0, `${stdout}${stderr}`)
  const env = readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8')
  const secret = /^GITHUB_WEBHOOK_SECRET=([0-9a-f]{64})$/m.exec(env)?.[1] ?? 'none'
  const prefix =
    /^WEBHOOK_PUBLIC_URL=https:\/\/hooks\.example\.org\/([0-9a-f]{32})$/m.exec(env)?.[1] ?? 'none'
  t.match(env, /^# Which units\.\nWEBHOOK_MANUAL_UNITS=web\.service$/m)
  t.equal(statSync(world.env.WEBHOOK_ENV_FILE).mode & 0o777, 0o600)
  t.match(stdout, ` ${IMAGE}\n`, 'which units there are')
  t.match(stdout, `Payload URL   https://hooks.example.org/${prefix}/hooks/github\n`)
  t.match(stdout, `Secret        ${secret}\n`, 'a new one has to be pasted')
  t.match(stdout, /A test delivery.*: answered 200 in [0-9]+ ms\./)
  t.match(stdout, /\n0 problems, /, 'the doctor has the last word')
  t.strictSame(
    world.calls('systemctl').filter(call => /able --now/.test(call)),
    [
      'systemctl disable --now podman-auto-update.timer',
      'systemctl enable --now pod-upgrade-trigger.socket pod-upgrade-trigger.timer',
    ],
  )

  const again = await start(world, ...NAMED).end
  t.equal(again.exitCode, 0)
  t.match(again.stdout, 'Nothing has to be changed.')
  t.notMatch(again.stdout, secret, 'an old one is not shown')
  t.equal(readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8'), env)
})

/** On a terminal, where these lines are typed, one for each question; then the input ends. */
async function typed(
  world: World,
  lines: readonly string[],
): Promise<{ exitCode: number | null; shown: string }> {
  const words = ['env', ...command(world.env, 'setup')].map(word => `'${word}'`).join(' ')
  const child = spawn(process.execPath, [ANSWER, words, ...lines], { stdio: ['ignore', 'pipe', 'inherit'] })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    shown += text
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode, shown }
}

journey('a person is asked, and told what comes before it does', async (t, world) => {
  await installed(t, world)
  const { exitCode, shown } = await typed(world, ['web', 'hooks.example.org', '', 'y'])
  t.match(shown, /Which of them may be upgraded\?: /)
  t.match(shown, /Who tells of a push\? \(github, .*\) \[github\]: /)
  t.match(shown, /This will be changed:\n(.*\n)*.*WEBHOOK_MANUAL_UNITS=web\.service(.*\n)*Do it\? \[Y\/n\]: /)
  t.match(shown, /\n0 problems, /)
  t.equal(exitCode, 0, shown)
  t.match(readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8'), /^WEBHOOK_MANUAL_UNITS=web\.service$/m)
})

for (const [why, lines] of [
  ['says no', ['web', '', '', 'n']],
  ['leaves', ['web']],
] as const) {
  journey(`a person who ${why} has changed nothing`, async (t, world) => {
    await installed(t, world)
    const before = readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8')
    const { exitCode, shown } = await typed(world, lines)
    t.equal(exitCode, 1)
    t.match(shown, /Nothing was changed\.\n$/)
    t.notMatch(shown, /bug:/)
    t.equal(readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8'), before)
    t.strictSame(
      world.calls('systemctl').filter(call => /able --now/.test(call)),
      [],
    )
  })
}

for (const [sender, credential] of [
  ['forgejo', /Payload URL {3}\S+\/hooks\/forgejo\n {2}Secret {8}[0-9a-f]{64}\n/],
  ['standard', /Payload URL {3}\S+\/hooks\/standard\n {2}Secret {8}whsec_[A-Za-z0-9+/]{43}=\n/],
  ['quay', /Payload URL {3}\S+\/hooks\/quay\?token=[0-9a-f]{64}\n\n/],
] as const) {
  journey(`another sender: ${sender}, with what it takes`, async (t, world) => {
    await installed(t, world)
    const { exitCode, stdout, stderr } = await start(world, ...NAMED, '--sender', sender).end
    t.equal(exitCode, 0, `${stdout}${stderr}`)
    t.match(stdout, credential)
    t.match(stdout, /A test delivery.*: answered 200/)
    t.notMatch(readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8'), 'GITHUB_WEBHOOK_SECRET')
  })
}

const WRONG: readonly (readonly [why: string, args: readonly string[], said: RegExp])[] = [
  ['asks nobody without a terminal', ['setup'], /--yes asks nothing/],
  ['opens nothing that nobody has named', ['setup', '--yes'], /name some, as in --units/],
  [
    'a unit that podman does not run',
    ['setup', '--yes', '--units', 'sshd'],
    /podman runs no unit sshd\.service/,
  ],
  ['no unit', ['setup', '--yes', '--units', '../x'], /is not the name of a service unit/],
  [
    'no sender',
    ['setup', '--yes', '--units', 'web', '--sender', 'svn'],
    /svn is no sender: there are github, /,
  ],
  ['no host', ['setup', '--yes', '--units', 'web', '--host', 'https://x'], /is not the name of a host/],
]

for (const [why, args, said] of WRONG) {
  journey(`refused, with nothing changed: ${why}`, async (t, world) => {
    await installed(t, world)
    const before = readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8')
    const { exitCode, stderr } = await start(world, ...args).end
    t.equal(exitCode, 64)
    t.match(stderr, said)
    t.equal(readFileSync(world.env.WEBHOOK_ENV_FILE, 'utf8'), before)
    t.strictSame(
      world.calls('systemctl').filter(call => /able --now/.test(call)),
      [],
    )
  })
}
