// A host for one test: fake commands first on PATH with their state in FAKE_DIR, an env file and a state directory, and
// an environment with nothing else in it. All that the program says is kept, and searched at the end for what must
// never appear. Everything that the program may write to is named in the env file: it never touches the real host.
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { filesUnder, processesWith, waitFor } from './host.js'
import { SECRET } from './request.js'
import { type Client, command, type Env, overFile, overPipe, overSocket, type Reply } from './serve.js'

t.jobs = 4 // most of a journey is waiting for processes

const FAKES = join(import.meta.dirname, '../../fixtures/bin')

type Row = Readonly<Record<string, unknown>>
export type World = ReturnType<typeof makeWorld>

/** A test in a world of its own, which must be clean at its end: nothing secret said or stored, nobody left running. */
export function journey(
  name: string,
  story: (t: Test, world: World) => Promise<unknown>,
  settings: Env = {},
): Promise<unknown> {
  return t.test(name, { buffered: true }, async t => {
    const world = makeWorld(t.testdir(), settings)
    await story(t, world)
    await waitFor('every process to end', () => processesWith(`FAKE_DIR=${world.fakeDir}`).length === 0)
    t.strictSame(world.leaks(), [], 'no secret and no expected signature was said or stored')
    t.notMatch(world.said(), /bug:/, 'nothing was a bug')
  })
}

/** `settings` are lines of the env file, over those that are here. */
export function makeWorld(dir: string, settings: Env = {}) {
  const fakeDir = join(dir, 'fake')
  const stateDir = join(dir, 'state')
  for (const name of ['units', 'registry', 'local', 'images'])
    mkdirSync(join(fakeDir, name), { recursive: true })
  const config: Env = {
    GITHUB_WEBHOOK_SECRET: SECRET,
    WEBHOOK_MANUAL_UNITS: 'web',
    WEBHOOK_STATE_DIR: stateDir,
    WEBHOOK_SCOPE: 'system',
    WEBHOOK_SETTLE_SECS: '1',
    WEBHOOK_UNIT_DIR: join(dir, 'manager'),
    WEBHOOK_AFTERCARE_SECS: '0',
    WEBHOOK_QUADLET_GENERATOR: join(FAKES, 'quadlet-generator'),
    ...settings,
  }
  const lines = Object.entries(config).map(([name, value]) => `${name}="${value}"\n`)
  writeFileSync(join(dir, 'env'), lines.join(''))
  const env = {
    PATH: `${FAKES}:/usr/bin:/bin`,
    HOME: dir,
    FAKE_DIR: fakeDir,
    WEBHOOK_ENV_FILE: join(dir, 'env'),
  }
  const cli = (...args: string[]): Row[] =>
    JSON.parse(execFileSync('env', command(env, ...args, '--json')).toString())
  const read = (name: string): string =>
    existsSync(join(fakeDir, name)) ? readFileSync(join(fakeDir, name), 'utf8') : ''
  const fake = (name: string, text: string) => writeFileSync(join(fakeDir, name), text)
  return {
    dir,
    fakeDir,
    stateDir,
    env,
    ...conversations(env, dir, config),
    /** The newest first. */
    events: (...filters: string[]) => cli('events', ...filters),
    tasks: (...filters: string[]) => cli('tasks', ...filters),
    /** A command of the program and what it answers, as JSON. */
    cli,
    /** The command lines that the fakes were started with, of those that begin like this. */
    calls: (command = ''): string[] =>
      read('calls')
        .split('\n')
        .filter(line => line !== '' && line.startsWith(command)),
    /** A switch or the state of a fake; read() gives what one of them has kept. */
    fake,
    read,
    remove: (name: string) => rmSync(join(fakeDir, name), { force: true }),
    setUnit(unit: string, image: string, runningId: string) {
      mkdirSync(join(fakeDir, 'units', unit), { recursive: true })
      fake(`units/${unit}/image`, image)
      fake(`units/${unit}/running`, runningId)
      fake(`local/${image.replaceAll('/', '%')}`, runningId)
      if (runningId !== '') fake(`images/${runningId}`, '')
    },
    running: (unit: string) => read(`units/${unit}/running`).trim(),
    /** What a pull of `reference` gives. */
    setRegistry: (reference: string, id: string) =>
      fake(`registry/${reference.replaceAll('/', '%')}`, `${id}\n`),
  }
}

/** The ways to serve a request, and what came of all of them. */
function conversations(env: Env, dir: string, config: Env) {
  const replies: Reply[] = []
  const secret = config['GITHUB_WEBHOOK_SECRET'] ?? ''
  const secrets = Object.entries(config).flatMap(([name, value]) =>
    /_(SECRET|TOKEN)$/.test(name) ? [value, encodeURIComponent(value)] : [],
  )
  const never = new Set(secrets.filter(word => word !== ''))
  const heard = async (bytes: Uint8Array, reply: Promise<Reply>): Promise<Reply> => {
    const body = Buffer.from(bytes).subarray(Buffer.from(bytes).indexOf('\r\n\r\n') + 4)
    if (secret !== '') never.add(createHmac('sha256', secret).update(body).digest('hex'))
    replies.push(await reply)
    return reply
  }
  const said = () => replies.map(({ raw, stderr }) => `${raw.toString('latin1')}\n${stderr}`).join('\n')
  return {
    /** Over TCP, as systemd does it. `client` is what is done with the socket, where that is not to send `bytes`. */
    send: (bytes: Uint8Array, client: Client = socket => socket.write(bytes)) =>
      heard(bytes, overSocket(env, client)),
    sendPipe: (bytes: Uint8Array, open = false) => heard(bytes, overPipe(env, bytes, open)),
    sendFile: (bytes: Uint8Array) => heard(bytes, overFile(env, bytes, dir)),
    said,
    /** Where a secret, or the signature that a body should have had, can be read by somebody. */
    leaks(): string[] {
      const files = ['state', 'fake'].flatMap(name => filesUnder(join(dir, name)))
      const places = new Map<string, string>([['an answer or a log line', said()]])
      for (const path of files) places.set(path, readFileSync(path, 'latin1'))
      const leaking = [...places].filter(([, text]) => [...never].some(word => text.includes(word)))
      return leaking.map(([place]) => place)
    },
  }
}
