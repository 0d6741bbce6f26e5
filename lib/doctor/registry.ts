// Asks the registries of the enabled units whether they would give the image, as the unit itself would ask: by podman, with the
// unit's own options, login and environment. Nothing is pulled. Altogether it takes as long as somebody waits at a terminal.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { exec } from '../host/exec.js'
import { isMissing, isRefusal, isSingleImage, manifestArgv, parseManifest } from '../host/podman-images.js'
import { parseImage } from '../targets/image.js'
import type { PullSource } from '../targets/pull-source.js'
import { type Login, type RegistryAnswer, type RegistryFacts, whereIsLogin } from './checks/registry.js'
import type { Env } from './doctor-context.js'

const ONE_MS = 10_000
const ALTOGETHER_MS = 30_000

export type Ask = (image: string, source: PullSource) => Promise<RegistryFacts | undefined>

/** A registry that was silent once is not asked again, and after some time none is. Undefined for what no registry is asked for. */
export function registryAsker(env: Env): Ask {
  const silent = new Map<string, RegistryAnswer>()
  const end = Date.now() + ALTOGETHER_MS
  return async (image, source) => {
    const host = parseImage(image)?.host
    if (host === undefined || host === 'localhost' || source.isNever || source.hasCreds) return undefined
    const left = end - Date.now()
    const answer =
      silent.get(host) ?? (left > 0 ? await ask(image, source, left) : { kind: 'not-asked' as const })
    if (answer.kind === 'silent') silent.set(host, answer)
    return {
      host,
      answer,
      login: loginOf(host, source, env),
      options: source.options,
      architecture: process.arch,
    }
  }
}

/** podman manifest inspect knows these two of the options of a pull. */
const ITS_OPTIONS = /^--(authfile|tls-verify)\b/

async function ask(image: string, source: PullSource, leftMs: number): Promise<RegistryAnswer> {
  const options = source.options.filter(option => ITS_OPTIONS.test(option))
  const { code, stdout, stderr, trouble } = await exec(manifestArgv(image, source.globals, options), {
    timeoutMs: Math.min(ONE_MS, leftMs),
    env: source.environment,
  })
  if (code === 0) return { kind: 'there', platforms: parseManifest(stdout) }
  if (isSingleImage(stderr)) return { kind: 'there', platforms: [] }
  const why = [trouble ?? '', stderr].filter(text => text !== '').join(': ')
  return { kind: isRefusal(stderr) ? 'refused' : isMissing(stderr) ? 'missing' : 'silent', why }
}

/** The files in which podman looks for a login (containers-auth.json(5)), and whether they have one. */
function loginOf(host: string, source: PullSource, env: Env): Login {
  const option = source.options.find(text => text.startsWith('--authfile='))?.slice('--authfile='.length)
  const own = option ?? source.environment['REGISTRY_AUTH_FILE'] ?? env['REGISTRY_AUTH_FILE']
  const home = env['HOME'] ?? homedir()
  const config = env['XDG_CONFIG_HOME'] ?? join(home, '.config')
  const runtimeDir = env['XDG_RUNTIME_DIR']
  const runtime = runtimeDir
    ? join(runtimeDir, 'containers/auth.json')
    : `/run/containers/${process.getuid?.()}/auth.json`
  const lasting = join(config, 'containers/auth.json')
  const files = own === undefined ? [runtime, lasting, join(home, '.docker/config.json')] : [own]
  return {
    ...whereIsLogin(
      host,
      files.map(path => [path, read(path)] as const),
    ),
    lasting,
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
