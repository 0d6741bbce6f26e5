// The doctor: every check that a person would make, each by itself, so that the failure of one says nothing of the
// others. It changes nothing on the host: it sends itself a ping, and asks registries about images without pulling any.
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fetchedMs, keyFile } from '../actions/key-file.js'
import type { Config } from '../config/config.js'
import { generatorArgv, generatorOf, parseBroken, parseGenerated } from '../host/quadlet.js'
import { userName } from '../host/systemd.js'
import { toJson } from '../json.js'
import { OLDEST } from '../version.js'
import { judgeActions } from './checks/actions.js'
import { parseListen } from './checks/delivery.js'
import { type CheckResult, type Finding, hasProblem, problem, withoutSecrets } from './checks/finding.js'
import * as host from './checks/host.js'
import * as setup from './checks/setup.js'
import { judgeSocket, parseListener } from './checks/socket.js'
import { judgeMetrics } from './checks/state.js'
import {
  type Check,
  configurationFacts,
  type DoctorContext,
  type Env,
  filesOf,
  gatherContext,
  NO_ANSWER,
  withConfig,
} from './doctor-context.js'
import { formatFindings } from './format-findings.js'
import { deliveryChecks } from './probe-deliveries.js'
import { checkState } from './probe-state.js'
import { unitChecks } from './probe-units.js'
import {
  clockArgv,
  freeBytes,
  lingerArgv,
  listenersArgv,
  managerArgv,
  podmanArgv,
  runProbe,
  versionArgv,
  writeRefusal,
} from './probes.js'

const CHECK_MS = 40_000 // more than any one program may take

/** Gives what to print, and whether anything is a problem. */
export async function runDoctor(
  env: Env,
  { json, terminal, offline }: { json: boolean; terminal: boolean; offline: boolean },
): Promise<{ text: string; hasProblem: boolean }> {
  const context = await gatherContext(env)
  const findings: Finding[] = []
  for (const check of [...checksOf(context), ...(await unitChecks(context, offline ? undefined : env))])
    findings.push(await run(check))
  const { config } = context
  const secrets = config && secretsOf(config)
  const told = findings.map(finding => withoutSecrets(finding, secrets ?? []))
  const coloured = terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return {
    text: json ? toJson(told.map(asPrinted)) : formatFindings(told, coloured),
    hasProblem: hasProblem(told),
  }
}

const secretsOf = ({ senders, tokens, manualTokens }: Config): readonly string[] => [
  ...Object.values(senders).flatMap(({ secrets }) => secrets),
  ...tokens,
  ...manualTokens,
]

/** `mend` is what programs have always read. */
const asPrinted = ({ fix, ...finding }: Finding) => ({ ...finding, ...(fix !== undefined && { mend: fix }) })

/** A check that fails, or takes too long, is a finding too. */
async function run([check, look]: Check): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<CheckResult>(resolve => {
    const found = problem(`no answer in ${CHECK_MS / 1000} s`, 'try again when the host is less busy')
    timer = setTimeout(() => resolve(found), CHECK_MS)
  })
  try {
    return { check, ...(await Promise.race([Promise.resolve().then(look), late])) }
  } catch (error) {
    return { check, ...problem((error as Error).message, 'fix this error, then run doctor again') }
  } finally {
    clearTimeout(timer)
  }
}

function checksOf(context: DoctorContext): Check[] {
  const { config, sources, units, conflictingTimer: conflicting } = context
  const scope = config?.scope ?? sources.scope
  const of = (unit: string) => units.get(unit) ?? NO_ANSWER
  const user = userName()
  return [
    ['node', () => checkNode(context)],
    ['configuration', () => setup.judgeConfiguration(configurationFacts(context))],
    ['secrets', () => withConfig(config, it => setup.judgeSecrets(it, context.request.credentials))],
    ['files', () => setup.judgeFiles(filesOf(context))],
    ['manager', () => checkManager(scope)],
    ...(scope === 'user'
      ? [['linger', async () => host.judgeLinger(user, await runProbe(lingerArgv(user)))] as const]
      : []),
    ['podman', checkPodman],
    ['quadlet', () => checkQuadlet({ scope, quadletGenerator: config?.quadletGenerator })],
    ['flock', async () => host.judgeFlock(await runProbe(['flock', '--version']))],
    ['clock', async () => host.judgeClock(Date.now(), await runProbe(clockArgv()))],
    ['state', () => withConfig(config, checkState)],
    [
      'way-back',
      () =>
        withConfig(config, ({ unitDir, withoutWayBack }) =>
          setup.judgeWayBack(unitDir, writeRefusal(unitDir), withoutWayBack),
        ),
    ],
    ['installed', () => setup.judgeInstalled(scope, units, context.isTwice)],
    ['socket', () => checkSocket(scope, of('pod-upgrade-trigger.socket'))],
    ['timer', () => setup.judgeTimer(scope, of('pod-upgrade-trigger.timer'), conflicting)],
    ...actionsChecks(config),
    ...metricsChecks(config),
    ...deliveryChecks(config, of('pod-upgrade-trigger.socket')),
  ]
}

/** None where it may do nothing here. */
function actionsChecks(config: Config | undefined): Check[] {
  if (config === undefined || config.actionsRules.length === 0) return []
  return [['actions', () => judgeActions(config.actionsRules, fetchedMs(keyFile(config)), Date.now())]]
}

/** None where there is no such file. */
function metricsChecks(config: Config | undefined): Check[] {
  const path = config?.metricsFile
  if (path === undefined) return []
  const dir = dirname(path)
  return [['metrics', () => judgeMetrics(path, existsSync(dir) ? writeRefusal(dir) : 'ENOENT')]]
}

async function checkNode({ request: { node, script } }: DoctorContext): Promise<CheckResult> {
  if (script !== undefined && !existsSync(script))
    return problem(`the units start ${script}, which is not there`, 'make install again')
  const started = node === undefined ? undefined : { path: node, result: await runProbe([node, '--version']) }
  return host.judgeNode(process.version, started, OLDEST.node)
}

async function checkManager(scope: Config['scope']): Promise<CheckResult> {
  const [state, version] = await Promise.all([runProbe(managerArgv(scope)), runProbe(versionArgv())])
  return host.judgeManager(scope, state, version, OLDEST.systemd)
}

async function checkPodman(): Promise<CheckResult> {
  const result = await runProbe(podmanArgv())
  return host.judgePodman(result, freeBytes(host.parsePodman(result.stdout).storage), OLDEST.podman)
}

async function checkQuadlet(config: Pick<Config, 'scope' | 'quadletGenerator'>): Promise<CheckResult> {
  const path = generatorOf(config)
  const result = path === undefined ? undefined : await runProbe(generatorArgv(path, config.scope))
  const { stdout, stderr } = result ?? { stdout: '', stderr: '' }
  return host.judgeGenerator(path, result, parseGenerated(stdout).length, parseBroken(stderr))
}

async function checkSocket(scope: Config['scope'], socket: setup.Properties): Promise<CheckResult> {
  const address = parseListen(socket.get('Listen') ?? '')
  if (socket.get('ActiveState') === 'active' || address === undefined || !('port' in address))
    return judgeSocket(scope, socket)
  const by = parseListener((await runProbe(listenersArgv(address.port))).stdout)
  return judgeSocket(scope, socket, by === undefined ? undefined : { address, by })
}
