// What the doctor asks the host: small questions to the programs that this one depends on, and to the file system.
// Each has a time limit, and an answer also where the program is not there.
import { readdirSync, statfsSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Properties } from './checks/setup.js'
import type { Directory } from './checks/state.js'
import type { Config } from './config.js'
import { type Argv, type Finished, finishQuick } from './exec.js'
import { userFlag } from './systemd.js'
import { parseProperties } from './unit-state.js'

type Scope = Config['scope']

const QUICK_MS = 10_000
const PODMAN_MS = 30_000 // its first start after a boot may have to mend its storage

export const managerArgv = (scope: Scope): Argv => ['systemctl', ...userFlag(scope), 'is-system-running']
export const lingerArgv = (user: string): Argv => [
  'loginctl',
  'show-user',
  '--property=Linger',
  '--value',
  user,
]
export const clockArgv = (): Argv => ['timedatectl', 'show', '--property=NTPSynchronized', '--value']
export const podmanArgv = (): Argv => ['podman', 'info', '--format={{.Version.Version}} {{.Store.GraphRoot}}']

const SHOWN = 'LoadState,ActiveState,UnitFileState,NeedDaemonReload,Listen'
export const propertiesArgv = (scope: Scope, unit: string): Argv => [
  'systemctl',
  ...userFlag(scope),
  'show',
  `--property=${SHOWN}`,
  '--',
  unit,
]

/** How it ended, well or not. */
export const ask = (argv: Argv): Promise<Finished> =>
  finishQuick(argv, argv[0] === 'podman' ? PODMAN_MS : QUICK_MS)

export const propertiesOf = async (scope: Scope, unit: string): Promise<Properties> =>
  parseProperties((await ask(propertiesArgv(scope, unit))).stdout)

/** The name of whoever runs this; the number where nobody gave it one. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.())
  }
}

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
