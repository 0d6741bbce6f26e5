// The sandbox in which systemd runs a request (units/), seen from inside. podman needs namespaces and privileges that
// are taken away there, so the manager is asked to run it outside: a request may start units anyway.
import { readFileSync } from 'node:fs'
import type { Config } from './config.js'
import { type Argv, outputQuick } from './exec.js'
import { type Container, containers, containersArgv, parseContainers } from './podman.js'

const QUICK_MS = 30_000

/** systemd-run(1) for a program whose output is wanted. */
export const outsideArgv = (scope: Config['scope'], argv: Argv): Argv => [
  'systemd-run',
  ...(scope === 'user' ? ['--user'] : []),
  ...['--quiet', '--collect', '--wait', '--pipe', '--slice=pod-upgrade-trigger.slice', '--'],
  ...argv,
]

/** Whether this process can gain no privileges, which rootless podman needs and every sandbox of systemd's implies. */
const isSandboxed = (): boolean => /^NoNewPrivs:\s*1$/m.test(readFileSync('/proc/self/status', 'utf8'))

/** Every container, from wherever this is called. Throws CommandFailed. */
export async function containersFromAnywhere({ scope }: Config): Promise<Container[]> {
  if (!isSandboxed()) return containers()
  return parseContainers(await outputQuick(outsideArgv(scope, containersArgv()), QUICK_MS))
}
