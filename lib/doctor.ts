// The doctor: every check that a person would make, each by itself, so that the failure of one says nothing of the
// others. It changes nothing on the host: the one thing it does is to send itself a ping.
import { existsSync } from 'node:fs'
import { judgeReply, parseListen } from './checks/delivery.js'
import {
  type Finding,
  type Found,
  hasProblem,
  ok,
  problem,
  warning,
  withoutSecrets,
} from './checks/finding.js'
import * as host from './checks/host.js'
import * as setup from './checks/setup.js'
import { judgeUnit, judgeUnits } from './checks/units.js'
import type { Config } from './config.js'
import { enabledUnits } from './enabled.js'
import { formatFindings } from './findings.js'
import { ask, clockArgv, freeBytes, lingerArgv, managerArgv, podmanArgv, userName } from './host.js'
import { filesOf, NO_ANSWER, type Patient, readingOf, receive } from './patient.js'
import { ping } from './ping.js'
import { findGenerated, generatedUnits, generatorArgv, generatorOf, parseGenerated } from './quadlet.js'
import { checkState } from './state.js'
import { show } from './unit-state.js'

type Env = Readonly<Record<string, string | undefined>>

const CHECK_MS = 40_000 // more than any one program may take
const PING_MS = 15_000
type Check = readonly [name: string, look: () => Found | Promise<Found>]

/** Gives what to print, and whether anything is a problem. */
export async function runDoctor(
  env: Env,
  { json, terminal }: { json: boolean; terminal: boolean },
): Promise<{ text: string; hasProblem: boolean }> {
  const patient = await receive(env)
  const findings: Finding[] = []
  for (const check of [...checksOf(patient), ...(await unitChecks(patient))]) findings.push(await run(check))
  const { config } = patient
  const secrets = config && [...config.githubSecrets, ...config.tokens, ...config.manualTokens]
  const told = findings.map(finding => withoutSecrets(finding, secrets ?? []))
  const coloured = terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return {
    text: json ? `${JSON.stringify(told, null, 2)}\n` : formatFindings(told, coloured),
    hasProblem: hasProblem(told),
  }
}

/** A check that fails, or takes too long, is a finding too. */
async function run([check, look]: Check): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Found>(resolve => {
    const found = problem(`no answer in ${CHECK_MS / 1000} s`, 'try again when the host is less busy')
    timer = setTimeout(() => resolve(found), CHECK_MS)
  })
  try {
    return { check, ...(await Promise.race([Promise.resolve().then(look), late])) }
  } catch (error) {
    return { check, ...problem((error as Error).message, 'mend what it says, then run this again') }
  } finally {
    clearTimeout(timer)
  }
}

function checksOf(patient: Patient): Check[] {
  const { config, sources, units, rival } = patient
  const scope = config?.scope ?? sources.scope
  const of = (unit: string) => units.get(unit) ?? NO_ANSWER
  const user = userName()
  return [
    ['node', () => checkNode(patient)],
    ['configuration', () => setup.judgeConfiguration(readingOf(patient))],
    ['secrets', () => withConfig(config, it => setup.judgeSecrets(it, patient.request.credentials))],
    ['files', () => setup.judgeFiles(filesOf(patient))],
    ['manager', async () => host.judgeManager(scope, await ask(managerArgv(scope)))],
    ...(scope === 'user'
      ? [['linger', async () => host.judgeLinger(user, await ask(lingerArgv(user)))] as const]
      : []),
    ['podman', checkPodman],
    ['quadlet', () => checkQuadlet({ scope, quadletGenerator: config?.quadletGenerator })],
    ['flock', async () => host.judgeFlock(await ask(['flock', '--version']))],
    ['clock', async () => host.judgeClock(Date.now(), await ask(clockArgv()))],
    ['state', () => withConfig(config, checkState)],
    ['installed', () => setup.judgeInstalled(scope, units)],
    ['socket', () => setup.judgeSocket(scope, of('pod-upgrade-trigger.socket'))],
    ['timer', () => setup.judgeTimer(scope, of('pod-upgrade-trigger.timer'), rival)],
    ['delivery', () => withConfig(config, it => checkDelivery(it, of('pod-upgrade-trigger.socket')))],
  ]
}

const withConfig = <T>(config: Config | undefined, look: (config: Config) => T): T | Found =>
  config === undefined
    ? warning('not checked: the configuration is wrong', 'mend the configuration first')
    : look(config)

async function checkNode({ request: { node, script } }: Patient): Promise<Found> {
  if (script !== undefined && !existsSync(script))
    return problem(`the units start ${script}, which is not there`, 'make install again')
  const started = node === undefined ? undefined : { path: node, said: await ask([node, '--version']) }
  return host.judgeNode(process.version, started)
}

async function checkPodman(): Promise<Found> {
  const said = await ask(podmanArgv())
  return host.judgePodman(said, freeBytes(host.parsePodman(said.stdout).storage))
}

async function checkQuadlet(config: Pick<Config, 'scope' | 'quadletGenerator'>): Promise<Found> {
  const path = generatorOf(config)
  const said = path === undefined ? undefined : await ask(generatorArgv(path, config.scope))
  return host.judgeGenerator(path, said, parseGenerated(said?.stdout ?? '').length)
}

async function checkDelivery(config: Config, socket: setup.Properties): Promise<Found> {
  const [secret] = config.githubSecrets
  if (secret === undefined) return ok('not tried: GITHUB_WEBHOOK_SECRET is not to be seen here')
  const address = parseListen(socket.get('Listen') ?? '')
  if (socket.get('ActiveState') !== 'active' || address === undefined)
    return warning('not tried: nobody listens', 'mend the socket first')
  return judgeReply(address, await ping(address, secret, PING_MS), config.scope)
}

/** One for all of them together, then one for each. */
async function unitChecks({ config }: Patient): Promise<Check[]> {
  if (config === undefined) return [['units', () => withConfig(config, () => ok(''))]]
  try {
    const [enabled, generated] = await Promise.all([enabledUnits(config), generatedUnits(config)])
    const each = enabled.map((known): Check => {
      const hasCreds = findGenerated(known.unit, generated)?.hasCreds ?? false
      return [
        known.unit,
        async () => {
          const { LoadState, ActiveState } = await show(config.scope, known.unit)
          return judgeUnit(config.scope, { known, loadState: LoadState, activeState: ActiveState, hasCreds })
        },
      ]
    })
    return [['units', () => judgeUnits(enabled.length)], ...each]
  } catch (error) {
    return [['units', () => Promise.reject(error)]]
  }
}
