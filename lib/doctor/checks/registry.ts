// Pure: what the registry of a unit said, and whether the login for it outlives a restart of the host.
import * as v from 'valibot'
import { type CheckResult, problem, warning } from './finding.js'

export type RegistryAnswer =
  | { readonly kind: 'there'; readonly platforms: readonly string[] }
  | { readonly kind: 'refused' | 'missing' | 'silent'; readonly why: string }
  | { readonly kind: 'not-asked' }

export interface Login {
  /** The file that holds it; undefined where none does. */
  readonly path: string | undefined
  /** Whether every file that holds it is gone after a restart. */
  readonly isLost: boolean
  /** Where one would last. */
  readonly lasting: string
}

export interface RegistryFacts {
  readonly host: string
  readonly answer: RegistryAnswer
  readonly login: Login
  /** Of the unit's own pull. */
  readonly options: readonly string[]
  /** As Node calls it. */
  readonly architecture: string
}

const Auths = v.object({ auths: v.optional(v.record(v.string(), v.unknown()), {}) })

/** A login is kept for a host, or for a part of it (`ghcr.io/acme`). */
export function whereIsLogin(
  host: string,
  files: readonly (readonly [path: string, text: string])[],
): Omit<Login, 'lasting'> {
  const holding = files.filter(([, text]) =>
    Object.keys(authsOf(text)).some(key => key.replace(/^https?:\/\//, '').split('/')[0] === host),
  )
  return {
    path: holding[0]?.[0],
    isLost: holding.length > 0 && holding.every(([path]) => path.startsWith('/run/')),
  }
}

function authsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return v.parse(Auths, JSON.parse(text)).auths
  } catch {
    return {}
  }
}

/** Undefined where a push would arrive. */
export function judgeRegistry(
  image: string,
  { host, answer, login, options, architecture }: RegistryFacts,
): CheckResult | undefined {
  const logIn = `podman login --authfile ${login.lasting} ${host}`
  switch (answer.kind) {
    case 'refused':
      return problem(
        `${host} refuses ${image}${login.path === undefined ? ', and there is no login for it' : ` to the login in ${login.path}`}: ${lastLine(answer.why)}`,
        `${login.path === undefined || login.isLost ? logIn : `podman login --authfile ${login.path} ${host}`}; or is the name right?`,
      )
    case 'missing':
      return problem(`${host} has no ${image}`, 'push it, or name another tag in Image=')
    case 'silent':
      return problem(`${host} does not answer: ${lastLine(answer.why)}`, `podman pull ${image}`)
    case 'not-asked':
      return warning(`${image}: ${host} was not asked, for want of time`, `podman pull ${image}`)
    case 'there': {
      const wanted = wantedPlatform(options, architecture)
      if (answer.platforms.length > 0 && !answer.platforms.includes(wanted))
        return problem(
          `${image} is not there for ${wanted}, but for ${[...new Set(answer.platforms)].join(', ')}`,
          `push it for ${wanted} too`,
        )
      if (login.isLost)
        return warning(`the login to ${host} is in ${login.path}, which a restart of the host removes`, logIn)
      return undefined
    }
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** Node's names of processors, where Go has others. */
const GO_NAMES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }

function wantedPlatform(options: readonly string[], architecture: string): string {
  const given = (name: string) =>
    options.findLast(option => option.startsWith(`--${name}=`))?.slice(name.length + 3)
  const [os, arch] = given('platform')?.split('/') ?? []
  return `${given('os') ?? os ?? 'linux'}/${given('arch') ?? arch ?? GO_NAMES[architecture] ?? architecture}`
}
