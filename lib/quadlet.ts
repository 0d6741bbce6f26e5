// Which unit runs which image, as podman's own quadlet generator understands the files: drop-ins merged, templates
// and search paths resolved. It reads the disk in milliseconds, and sees stopped units, which `podman ps` does not.
import { existsSync } from 'node:fs'
import type { Config } from './config.js'
import { type Argv, outputQuick } from './exec.js'

const GENERATORS = [
  '/usr/lib/systemd/system-generators/podman-system-generator',
  '/usr/libexec/podman/quadlet',
  '/usr/lib/podman/quadlet',
]
const QUICK_MS = 10_000

/** A generated unit, as far as it matters here. */
export interface GeneratedUnit {
  readonly unit: string
  /** The reference it pulls or runs; undefined for pods, networks, volumes and kube units. */
  readonly image: string | undefined
  /** The file it was generated from; empty where there is none. */
  readonly source: string
  /** AuthFile= of the .image unit that it comes from. */
  readonly authFile: string | undefined
  /** True where that one has Creds=, which would put a password on a command line. */
  readonly hasCreds: boolean
  /** X-Webhook-Enabled in [Unit] or [X-Webhook], the quadlet's own drop-ins included. */
  readonly marked: boolean
}

export const generatorArgv = (generator: string, scope: Config['scope']): Argv => [
  generator,
  ...(scope === 'user' ? ['--user'] : []),
  '--dryrun',
]

type Section = ReadonlyMap<string, string>
type Sections = ReadonlyMap<string, Section>

/** Reads `---name.service---` headers and the unit text after each. `Image=x.image` is followed to that unit. */
export function parseGenerated(text: string): GeneratedUnit[] {
  const blocks = text.split(/^---(.+)---$/m).slice(1)
  const units = new Map<string, Sections>()
  for (let index = 0; index + 1 < blocks.length; index += 2) {
    units.set(blocks[index]!, parseSections(blocks[index + 1]!))
  }
  return [...units].map(([unit, sections]) => {
    const source = imageSource(sections, units)
    return {
      unit,
      image: sections.get('X-Webhook')?.get(PINNED) ?? source?.get('ImageTag') ?? source?.get('Image'),
      source: sections.get('Unit')?.get('SourcePath') ?? '',
      authFile: source?.get('AuthFile'),
      hasCreds: source?.get('Creds') !== undefined,
      marked: isMarked(sections),
    }
  })
}

/** The section that says which image: the container's own, or that of the .image or .build it names. */
function imageSource(sections: Sections, units: ReadonlyMap<string, Sections>): Section | undefined {
  const container = sections.get('X-Container')
  const image = container?.get('Image')
  if (image === undefined || !/\.(image|build)$/.test(image))
    return image === undefined ? undefined : container
  const source = [...units.values()].find(other =>
    other.get('Unit')?.get('SourcePath')?.endsWith(`/${image}`),
  )
  return source?.get('X-Image') ?? source?.get('X-Build')
}

/** What our own drop-in says of the reference it stands for (pin.ts). */
const PINNED = 'X-Image'
const MARKER = 'X-Webhook-Enabled'

/** Where both sections speak, either may say no. */
function isMarked(sections: Sections): boolean {
  const said = ['Unit', 'X-Webhook'].flatMap(name => sections.get(name)?.get(MARKER) ?? [])
  return said.length > 0 && said.every(value => /^(yes|true|on|1)$/i.test(value))
}

/** Whether a unit, as `systemctl cat` prints it with its drop-ins, carries the marker. */
export const parseMarker = (text: string): boolean => isMarked(parseSections(text))

/** The last assignment of each key in each section: good enough for the single-valued keys read here. */
function parseSections(text: string): Sections {
  const sections = new Map<string, Map<string, string>>()
  let current = new Map<string, string>()
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const header = /^\[(.+)\]$/.exec(line.trim())?.[1]
    const [, key, value] = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (header !== undefined) {
      current = sections.get(header) ?? new Map()
      sections.set(header, current)
    } else if (key !== undefined && value !== undefined) current.set(key, value.trim())
  }
  return sections
}

/** What `unit` was generated from. An instance comes from its template: app@one.service from app@.service. */
export function findGenerated(unit: string, generated: readonly GeneratedUnit[]): GeneratedUnit | undefined {
  const own = generated.find(other => other.unit === unit)
  const [, name, instance] = /^(.+@)(.+)\.service$/.exec(unit) ?? []
  if (own !== undefined || instance === undefined) return own
  const template = generated.find(other => other.unit === `${name}.service`)
  return template && { ...template, image: template.image?.replaceAll('%i', instance) }
}

/** The generator of this host; undefined where there is none. */
export const generatorOf = ({ quadletGenerator }: Pick<Config, 'quadletGenerator'>): string | undefined =>
  quadletGenerator ?? GENERATORS.find(existsSync)

/** Runs the generator. No generator (no quadlet on this host) is no units. Throws CommandFailed. */
export async function generatedUnits(config: Config): Promise<GeneratedUnit[]> {
  const generator = generatorOf(config)
  if (generator === undefined) return []
  return parseGenerated(await outputQuick(generatorArgv(generator, config.scope), QUICK_MS))
}
