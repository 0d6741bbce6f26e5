// What the doctor asks the host: small questions to the programs that this one depends on, and to the file system.
// Each has a time limit, and an answer also where the program is not there.
import { accessSync, constants, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/config.js'
import { type Argv, type ExecResult, execShort, PODMAN_MS, QUICK_MS } from '../host/exec.js'
import { systemctlArgv } from '../host/systemd.js'
import { parseProperties } from '../host/unit-state.js'
import type { Properties } from './checks/setup.js'
import type { Directory } from './checks/state.js'

type Scope = Config['scope']

export const managerArgv = (scope: Scope): Argv => systemctlArgv(scope, 'is-system-running')
export const versionArgv = (): Argv => ['systemctl', '--version']
export const lingerArgv = (user: string): Argv => [
  'loginctl',
  'show-user',
  '--property=Linger',
  '--value',
  user,
]
/** Whether the user's manager runs while nobody is logged in. */
export const lingers = async (user: string): Promise<boolean> =>
  (await runProbe(lingerArgv(user))).stdout === 'yes'

export const clockArgv = (): Argv => ['timedatectl', 'show', '--property=NTPSynchronized', '--value']
export const podmanArgv = (): Argv => ['podman', 'info', '--format={{.Version.Version}} {{.Store.GraphRoot}}']

const SHOWN =
  'LoadState,ActiveState,UnitFileState,NeedDaemonReload,Listen,PollLimitIntervalUSec,PollLimitBurst'
export const propertiesArgv = (scope: Scope, unit: string): Argv =>
  systemctlArgv(scope, 'show', `--property=${SHOWN}`, '--', unit)

/** Who listens on a port, of ss(8). */
export const listenersArgv = (port: number): Argv => ['ss', '-Hltnp', `sport = :${port}`]

/** How it ended, well or not. */
export const runProbe = (argv: Argv): Promise<ExecResult> =>
  execShort(argv, argv[0] === 'podman' ? PODMAN_MS : QUICK_MS)

export const propertiesOf = async (scope: Scope, unit: string): Promise<Properties> =>
  parseProperties((await runProbe(propertiesArgv(scope, unit))).stdout)

/** Undefined where there is no such file, or it may not be looked at. */
export function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode & 0o7777
  } catch {
    return undefined
  }
}

/** Undefined where the file system does not tell. */
export function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return undefined
  }
}

export function directory(path: string): Directory {
  const found = statSync(path, { throwIfNoEntry: false })
  return { path, owner: found?.uid, mode: found?.mode ?? 0, freeBytes: freeBytes(path) }
}

/** Names of the files in `path` that end or go on like this; none where there is no such directory. */
export function filesLike(path: string, pattern: RegExp): string[] {
  try {
    return readdirSync(path)
      .filter(name => pattern.test(name))
      .sort()
  } catch {
    return []
  }
}

/** Why a directory cannot be written to, or be made; undefined where it can. */
export function writeRefusal(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' && path !== '/' ? writeRefusal(dirname(path)) : code
  }
}
