// From an installed program to one that listens: finds the units, asks which may be upgraded, makes the secret and the path, enables
// what listens, sends itself a test delivery and ends with the doctor. Says what it changes before it does, and run again does
// no more than what is missing.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/config.js'
import { envFilePath, readConfig } from '../config/environment.js'
import { isSenderName, SENDER_NAMES, type SenderName } from '../config/sender-names.js'
import { parseListen } from '../doctor/checks/delivery.js'
import { runDoctor } from '../doctor/doctor.js'
import { sendTest } from '../doctor/probe-deliveries.js'
import { lingers, propertiesOf } from '../doctor/probes.js'
import { execStdout } from '../host/exec.js'
import { userName } from '../host/systemd.js'
import { replacePrivateFile } from '../plain-file.js'
import { no, type Result, valid } from '../result.js'
import { hookUrls } from '../senders/hook-urls.js'
import { SENDERS } from '../senders/index.js'
import { enabledUnits } from '../targets/enabled-units.js'
import { parseUnit } from '../unit-name.js'
import { readIfThere } from '../upgrade/way-back/durable-file.js'
import { setVariable } from './env-file.js'
import { envTemplate } from './env-template.js'
import { AUTO_UPDATE_TIMER, type Change, describeChange, type Facts, LISTENING, planSetup } from './plan.js'
import type { Questions } from './questions.js'
import { toPaste } from './to-paste.js'

type Env = NodeJS.ProcessEnv

export interface SetupOptions {
  readonly units?: string | undefined
  readonly host?: string | undefined
  readonly sender?: string | undefined
  readonly keepAutoUpdate: boolean
}

const COMMAND_MS = 60_000

/** Gives whether all is well at the end, or what is wrong with the options. Throws ConfigError, CommandFailed. */
export async function runSetup(
  env: Env,
  options: SetupOptions,
  questions: Questions,
  say: (text: string) => unknown,
): Promise<Result<boolean>> {
  const before = readConfig(env)
  const facts = await gather(before)
  const chosen = await chooseUnits(before, options, questions, say)
  if (!chosen.ok) return chosen
  const host = await chooseHost(facts, options, questions)
  if (!host.ok) return host
  const sender = await chooseSender(facts, options, questions)
  if (!sender.ok) return sender
  const stopAutoUpdates = facts.autoUpdates && !options.keepAutoUpdate
  const wanted = {
    units: chosen.value,
    sender: sender.value,
    host: host.value,
    stopAutoUpdates,
    newSecret: newSecret(sender.value),
    newPrefix: randomBytes(16).toString('hex'),
  }
  const changes = planSetup(facts, wanted)
  const envFile = envFilePath(env)
  if (envFile === '') return no('WEBHOOK_ENV_FILE is empty: setup has nowhere to write')
  if (changes.length === 0) say('Nothing has to be changed.\n')
  else {
    say(
      `\nThis will be changed:\n${changes.map(change => `  ${describeChange(change, envFile)}\n`).join('')}`,
    )
    if (!(await questions.yes('Do it?'))) {
      say('Nothing was changed.\n')
      return valid(false)
    }
    await apply(changes, envFile)
  }
  const config = readConfig(env)
  const [secret = ''] = config.senders[sender.value].secrets
  const { publicUrl, manualUnits: units } = config
  const isNew = !facts.senders.includes(sender.value)
  const isInUrl = (await SENDERS[sender.value]()).proofs[0].by === 'query'
  say(toPaste({ publicUrl, sender: sender.value, isInUrl, secret, isNew, envFile, units }))
  await testDelivery(config, sender.value, say)
  const { text, hasProblem } = await runDoctor(env, { json: false, terminal: false, offline: false })
  say(`\nThe doctor:\n${text}`)
  return valid(!hasProblem)
}

async function gather(config: Config): Promise<Facts> {
  const isOn = async (unit: string) => {
    const shown = await propertiesOf(config.scope, unit)
    return shown.get('ActiveState') === 'active' && shown.get('UnitFileState') === 'enabled'
  }
  const on = await Promise.all(LISTENING.map(isOn))
  return {
    scope: config.scope,
    units: config.manualUnits,
    senders: SENDER_NAMES.filter(name => config.senders[name].secrets.length > 0),
    publicUrl: config.publicUrl,
    hasTrustedProxies: config.trustedProxies.length > 0,
    running: LISTENING.filter((_, index) => on[index]),
    autoUpdates: (await propertiesOf(config.scope, AUTO_UPDATE_TIMER)).get('ActiveState') === 'active',
    lingers: config.scope === 'system' || (await lingers(userName())),
  }
}

/** Of all that podman runs as units; those that may be upgraded already are the usual answer. */
async function chooseUnits(
  config: Config,
  { units }: SetupOptions,
  questions: Questions,
  say: (text: string) => unknown,
): Promise<Result<readonly string[]>> {
  const found = await enabledUnits({ ...config, discover: 'only', discoverPattern: '*', spool: undefined })
  say(found.length === 0 ? 'No unit was found that podman runs.\n' : 'Units that podman runs:\n')
  for (const { unit, image, others = [] } of found)
    say(`  ${unit.replace(/\.service$/, '')}  ${[image ?? '(unknown image)', ...others].join(', ')}\n`)
  const usual = config.manualUnits.map(unit => unit.replace(/\.service$/, '')).join(' ')
  const said = units ?? (await questions.text('Which of them may be upgraded?', usual))
  const names = said.split(/[\s,]+/).filter(name => name !== '')
  const wrong = names.find(name => parseUnit(name) === undefined)
  if (wrong !== undefined) return no(`${wrong} is not the name of a service unit`)
  const chosen = names.flatMap(name => parseUnit(name) ?? [])
  const unknown = chosen.filter(
    unit => !found.some(known => known.unit === unit) && !config.manualUnits.includes(unit),
  )
  if (unknown.length > 0) return no(`podman runs no unit ${unknown.join(', ')}`)
  if (chosen.length === 0) return no('no unit may be upgraded: name some, as in --units "web db"')
  return valid(chosen)
}

async function chooseHost(
  { publicUrl }: Facts,
  { host }: SetupOptions,
  questions: Questions,
): Promise<Result<string | undefined>> {
  if (publicUrl !== undefined && host === undefined) return valid(undefined)
  const asked =
    'Under which name will a proxy or tunnel be reached, such as hooks.example.org? (Enter: later)'
  const said = host ?? (await questions.text(asked, ''))
  if (said === '') return valid(undefined)
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?$/i.test(said)
    ? valid(said)
    : no(`${said} is not the name of a host`)
}

/** The one that has a secret already, or GitHub, is the usual answer. */
async function chooseSender(
  { senders }: Facts,
  { sender }: SetupOptions,
  questions: Questions,
): Promise<Result<SenderName>> {
  const usual = senders[0] ?? 'github'
  const said = sender ?? (await questions.text(`Who tells of a push? (${SENDER_NAMES.join(', ')})`, usual))
  return isSenderName(said) ? valid(said) : no(`${said} is no sender: there are ${SENDER_NAMES.join(', ')}`)
}

/** Standard Webhooks have a form of their own for keys. */
const newSecret = (sender: SenderName): string =>
  sender === 'standard' ? `whsec_${randomBytes(32).toString('base64')}` : randomBytes(32).toString('hex')

async function apply(changes: readonly Change[], envFile: string): Promise<void> {
  const variables = changes.flatMap(change => ('variable' in change ? [change] : []))
  if (variables.length > 0) {
    const text = readIfThere(envFile) ?? envTemplate(process.argv[1] ?? '')
    const edited = variables.reduce(
      (before, { variable, value }) => setVariable(before, variable, value),
      text,
    )
    mkdirSync(dirname(envFile), { recursive: true, mode: 0o700 })
    replacePrivateFile(envFile, edited)
  }
  for (const change of changes) if ('argv' in change) await execStdout(change.argv, { timeoutMs: COMMAND_MS })
}

/** A test of the sender, signed with the secret, over the real socket. */
async function testDelivery(
  config: Config,
  sender: SenderName,
  say: (text: string) => unknown,
): Promise<void> {
  const socket = await propertiesOf(config.scope, LISTENING[0])
  const address = parseListen(socket.get('Listen') ?? '')
  if (address === undefined) return
  const reply = await sendTest(config, sender, address)
  if (reply === undefined) return
  const came =
    'status' in reply ? `answered ${reply.status} in ${Math.round(reply.tookMs)} ms` : reply.trouble
  say(`\nA test delivery, signed with the secret, was sent to ${socket.get('Listen')}: ${came}.\n`)
  for (const unit of config.manualUnits) say(`  ${unit} alone: ${hookUrls(unit, config).join(' ')}\n`)
}
