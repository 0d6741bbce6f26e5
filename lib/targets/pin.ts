// The drop-in of a unit that stays on a kept image, as far as it has to be read: what it says of itself. It is a drop-in of
// systemd, not of quadlet: it works for every kind of unit and every version of podman, and the generator goes on telling what
// the owner's files say. It freezes the whole command line, so it notes the definition that it was made from.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.js'

/** Last of all drop-ins: systemd applies them in the order of their names, over all directories (systemd.unit(5)). */
export const DROP_IN = '~~pod-upgrade-trigger.conf'

export interface Pin {
  /** The reference that the unit follows by its own definition. */
  readonly image: string
  /** The image that it stays on. */
  readonly keptId: string
  /** The image that was bad; undefined for a hold. */
  readonly badId?: string
  /** Why a person holds it; undefined for a rollback. */
  readonly hold?: string
  /** The image ids of its other containers, and of the first by other references, by the references. */
  readonly others?: readonly (readonly [reference: string, id: string])[]
  /** The digest of the unit's definition. */
  readonly madeFrom: string
}

export const pinPath = (config: Pick<Config, 'unitDir'>, unit: string): string =>
  join(config.unitDir, `${unit}.d`, DROP_IN)

/** What keeps the unit on an image; undefined where nothing does, `broken` for a file of ours that is not whole. */
export function readPin(config: Pick<Config, 'unitDir'>, unit: string): Pin | 'broken' | undefined {
  try {
    return parsePin(readFileSync(pinPath(config, unit), 'utf8')) ?? 'broken'
  } catch {
    return undefined // there is none, or it cannot be read by us, and then neither by the user's manager
  }
}

/** Undefined for a text that is no whole pin: empty, cut short, somebody else's. */
export function parsePin(text: string): Pin | undefined {
  const read = (name: string) => new RegExp(`^X-${name}=(.+)$`, 'm').exec(text)?.[1]
  const [image, keptId, madeFrom] = [read('Image'), read('KeptId'), read('MadeFrom')]
  if (image === undefined || keptId === undefined || madeFrom === undefined) return undefined
  if (!/^ExecStart=./m.test(text) || !text.endsWith('\n# end\n')) return undefined
  const [badId, hold] = [read('BadId'), read('Hold')]
  const others = [...text.matchAll(/^X-Other=(\S+) (\S+)$/gm)].map(
    ([, name = '', id = '']) => [name, id] as const,
  )
  return {
    ...{ image, keptId, madeFrom },
    ...(badId && { badId }),
    ...(hold && { hold }),
    ...(others.length > 0 && { others }),
  }
}

/**
 * Of a unit as `systemctl cat` prints it, without our own drop-in. For a generated unit `generated` is what the generator makes
 * of the files that are there now, in place of what it made at the last daemon-reload. `yaml` is what its YAML files say.
 */
export function definitionDigest(
  cat: string,
  generated: string | undefined,
  yaml: readonly string[] = [],
): string {
  const blocks = cat
    .split(/^(?=# \/)/m)
    .filter(block => !block.startsWith('# /') || !block.split('\n')[0]?.endsWith(DROP_IN))
  const dropIns = blocks.filter(block => /^# .*\.d\/[^/]*\.conf$/m.test(block.split('\n')[0] ?? ''))
  const parts = [...(generated === undefined ? blocks : [generated, ...dropIns]), ...yaml]
  return createHash('sha256')
    .update(parts.map(part => part.trim()).join('\n'))
    .digest('hex')
    .slice(0, 16)
}

/** The YAML files that a unit plays, as far as their names are plain: podman-kube-play(1). */
export const yamlFiles = (definition: string): string[] =>
  definition
    .split('\n')
    .filter(line => /^ExecStart=.*\bkube\b.*\bplay\b/.test(line))
    .flatMap(line => line.match(/\/[^\s"]+\.(ya?ml|json)\b/g) ?? [])
