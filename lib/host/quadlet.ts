// Which unit runs which image, as podman's own quadlet generator understands the files: drop-ins merged, templates
// and search paths resolved. It reads the disk in milliseconds, and sees stopped units, which `podman ps` does not.
import { existsSync } from 'node:fs'
import type { Config } from '../config/config.js'
import { CommandFailed } from '../errors.js'
import { type Argv, execShort, QUICK_MS } from './exec.js'
import { userFlag } from './systemd.js'

const GENERATORS = [
  '/usr/lib/systemd/system-generators/podman-system-generator',
  '/usr/libexec/podman/quadlet',
  '/usr/lib/podman/quadlet',
]

/** A generated unit, as far as it matters here. */
export interface GeneratedUnit {
  readonly unit: string
  /** The reference it pulls or runs; undefined for pods, networks, volumes and kube units. */
  readonly image: string | undefined
  /** The file it was generated from; empty where there is none. */
  readonly source: string
  /** The unit that pulls it, where its Image= is a .image. */
  readonly imageUnit: string | undefined
  /** What the generator makes of its files. */
  readonly text: string
  /** X-Webhook-Enabled in [Unit] or [X-Webhook], the quadlet's own drop-ins included. */
  readonly marked: boolean
}

export const generatorArgv = (generator: string, scope: Config['scope']): Argv => [
  generator,
  ...userFlag(scope),
  '--dryrun',
]

type Section = ReadonlyMap<string, string>
type Sections = ReadonlyMap<string, Section>

/** Reads `---name.service---` headers and the unit text after each. `Image=x.image` is followed to that unit. */
export function parseGenerated(text: string): GeneratedUnit[] {
  const blocks = text.split(/^---(.+)---$/m).slice(1)
  const units = new Map<string, Sections>()
  const texts = new Map<string, string>()
  for (let index = 0; index + 1 < blocks.length; index += 2) {
    units.set(blocks[index]!, parseSections(blocks[index + 1]!))
    texts.set(blocks[index]!, blocks[index + 1]!)
  }
  return [...units].map(([unit, sections]) => {
    const { section, imageUnit } = imageSource(sections, units)
    return {
      unit,
      image: section?.get('ImageTag') ?? section?.get('Image'),
      imageUnit,
      source: sections.get('Unit')?.get('SourcePath') ?? '',
      text: texts.get(unit) ?? '',
      marked: isMarked(sections),
    }
  })
}

/** The section that says which image: the container's own, or that of the .image or .build it names. */
function imageSource(
  sections: Sections,
  units: ReadonlyMap<string, Sections>,
): { readonly section?: Section | undefined; readonly imageUnit?: string | undefined } {
  const container = sections.get('X-Container')
  const image = container?.get('Image')
  if (image === undefined) return {}
  if (!/\.(image|build)$/.test(image)) return { section: container }
  const [unit, source] =
    [...units].find(([, other]) => other.get('Unit')?.get('SourcePath')?.endsWith(`/${image}`)) ?? []
  const section = source?.get('X-Image')
  return section === undefined ? { section: source?.get('X-Build') } : { section, imageUnit: unit }
}

const MARKER = 'X-Webhook-Enabled'

/** Where both sections speak, either may say no. */
function isMarked(sections: Sections): boolean {
  const said = ['Unit', 'X-Webhook'].flatMap(name => sections.get(name)?.get(MARKER) ?? [])
  return said.length > 0 && said.every(value => /^(yes|true|on|1)$/i.test(value))
}

/** Whether a unit, as `systemctl cat` prints it with its drop-ins, carries the marker. */
export const parseMarker = (text: string): boolean => isMarked(parseSections(text))

/**
 * X-Window= of a unit, as `systemctl cat` prints it with its drop-ins; undefined where it says none. In another section than
 * [X-Webhook] it counts too: one that is not seen would be a window that is always open.
 */
export function parseXWindow(text: string): string | undefined {
  const sections = parseSections(text)
  const ours = sections.get('X-Webhook') ?? new Map<string, string>()
  return [ours, ...sections.values()].map(section => section.get('X-Window')).find(Boolean)
}

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

/**
 * Runs the generator. No generator (no quadlet on this host) is no units. It exits with 1 where it does not understand one file,
 * and has printed what it makes of the others. Throws CommandFailed where it failed otherwise.
 */
export async function generatedUnits(config: Config): Promise<GeneratedUnit[]> {
  const generator = generatorOf(config)
  if (generator === undefined) return []
  const argv = generatorArgv(generator, config.scope)
  const { code, stdout, stderr, trouble } = await execShort(argv, QUICK_MS)
  const units = parseGenerated(stdout)
  if (code === 0 || (code !== undefined && (units.length > 0 || parseBroken(stderr).length > 0))) return units
  throw new CommandFailed(argv, code, stderr, trouble ?? `exit status ${code}`)
}

/** A file of which the generator makes nothing. */
export interface BrokenQuadlet {
  /** Its path, as far as the generator tells it. */
  readonly file: string
  readonly why: string
}

/** What the generator says of them: `converting "web.container": …` and `error loading "/…/web.container", …`. */
export function parseBroken(stderr: string): BrokenQuadlet[] {
  const loaded = [...stderr.matchAll(/Loading source unit file (\/.*)$/gm)].map(([, path = '']) => path)
  const broken = stderr.matchAll(/(?:converting|error loading) "([^"]+)"[:,] (.*)$/gm)
  return [...broken].map(([, name = '', text = '']) => {
    const [, why = text, path] = /^(.*?)(?: in (\/.*))?$/.exec(text) ?? []
    return { file: path ?? loaded.find(other => other.endsWith(`/${name}`)) ?? name, why }
  })
}
