// The command lines of a unit as systemd would run them, by D-Bus: `systemctl show` joins the words and loses the quoting.
// Specifiers are expanded in them (%i, %t; %% is %), variables are not.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import * as v from 'valibot'
import type { Config } from '../config/config.js'
import { CommandFailed } from '../errors.js'
import { type Argv, execShortStdout, QUICK_MS, understand } from './exec.js'
import { userFlag } from './systemd.js'

type Scope = Config['scope']

export interface Command {
  /** What is executed; the first word is what it is told that it is called. */
  readonly path: string
  readonly words: readonly string[]
  /** `ignore-failure`, `privileged`, `no-setuid`, `ambient`, `no-env-expand` (systemd.service(5), COMMAND LINES). */
  readonly flags: readonly string[]
}

export interface UnitCommands {
  /** ExecStart=. */
  readonly start: readonly Command[]
  /** ExecStartPre=. */
  readonly before: readonly Command[]
}

/** The object path of a unit: every byte but letters and digits is `_` and two hex digits (D-Bus, sd_bus_path_encode(3)). */
export function unitPath(unit: string): string {
  const encoded = [...Buffer.from(unit)].map((byte, index) => {
    const character = String.fromCharCode(byte)
    const isPlain = /[A-Za-z]/.test(character) || (index > 0 && /[0-9]/.test(character))
    return isPlain ? character : `_${byte.toString(16).padStart(2, '0')}`
  })
  return `/org/freedesktop/systemd1/unit/${encoded.join('')}`
}

/** Of one of the unit's interfaces; busctl prints a line of JSON for each. */
export const propertiesArgv = (
  scope: Scope,
  unit: string,
  kind: 'Unit' | 'Service',
  names: readonly string[],
): Argv => [
  'busctl',
  ...userFlag(scope),
  '--json=short',
  'get-property',
  'org.freedesktop.systemd1',
  unitPath(unit),
  `org.freedesktop.systemd1.${kind}`,
  ...names,
]

/** The commands, and the environment that they are run in. */
export interface UnitDefinition extends UnitCommands {
  /** Environment=, and what is in the files of EnvironmentFile=, which wins (systemd.exec(5)). */
  readonly environment: Readonly<Record<string, string>>
}

export const definitionArgv = (scope: Scope, unit: string): Argv =>
  propertiesArgv(scope, unit, 'Service', ['ExecStartEx', 'ExecStartPreEx', 'Environment', 'EnvironmentFiles'])

const Variables = v.object({ data: v.array(v.string()) })
/** A path and whether it may be missing. */
const Files = v.object({ data: v.array(v.tuple([v.string(), v.boolean()])) })

const parseVariables = (text: string): (readonly [name: string, value: string])[] =>
  v.parse(Variables, JSON.parse(text)).data.map(entry => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(entry) ?? []
    return [name, value]
  })

/** Throws CommandFailed, also where a file that has to be there cannot be read. */
export async function unitDefinition(scope: Scope, unit: string): Promise<UnitDefinition> {
  const argv = definitionArgv(scope, unit)
  const { commands, environment, files } = await ask(argv, parseDefinition)
  for (const [path, mayBeMissing] of files)
    for (const [name, value] of Object.entries(readVariables(argv, path, mayBeMissing)))
      environment.set(name, value)
  return { ...commands, environment: Object.fromEntries(environment) }
}

function parseDefinition(text: string) {
  const lines = text.trim().split('\n')
  const [variables = '', files = ''] = lines.slice(2)
  return {
    commands: parseCommands(lines.slice(0, 2).join('\n')),
    environment: new Map(parseVariables(variables)),
    files: v.parse(Files, JSON.parse(files)).data,
  }
}

async function ask<T>(argv: Argv, read: (text: string) => T): Promise<T> {
  const text = await execShortStdout(argv, QUICK_MS)
  return understand(argv, () => read(text))
}

function readVariables(argv: Argv, path: string, mayBeMissing: boolean): Record<string, string> {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>
  } catch (error) {
    if (mayBeMissing) return {}
    throw new CommandFailed(argv, 0, '', `EnvironmentFile=${path}: ${(error as Error).message}`)
  }
}

export const managerEnvironmentArgv = (scope: Scope): Argv => [
  'busctl',
  ...userFlag(scope),
  ...['--json=short', 'get-property', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1'],
  ...['org.freedesktop.systemd1.Manager', 'Environment'],
]

/** What every unit is given by its manager: DefaultEnvironment=, `systemctl set-environment`. Throws CommandFailed. */
export const managerEnvironment = async (scope: Scope): Promise<Readonly<Record<string, string>>> =>
  ask(managerEnvironmentArgv(scope), text => Object.fromEntries(parseVariables(text)))

export const commandsArgv = (scope: Scope, unit: string): Argv =>
  propertiesArgv(scope, unit, 'Service', ['ExecStartEx', 'ExecStartPreEx'])

const Exec = v.looseTuple([v.string(), v.array(v.string()), v.array(v.string())])
const Property = v.object({ data: v.array(Exec) })

/** A line of JSON for each property. Throws where it is none. */
export function parseCommands(text: string): UnitCommands {
  const [start = [], before = []] = text
    .trim()
    .split('\n')
    .map(line => v.parse(Property, JSON.parse(line)).data)
    .map(all => all.map(([path, words, flags]): Command => ({ path, words, flags })))
  return { start, before }
}

/** Throws CommandFailed. */
export async function unitCommands(scope: Scope, unit: string): Promise<UnitCommands> {
  return ask(commandsArgv(scope, unit), parseCommands)
}
