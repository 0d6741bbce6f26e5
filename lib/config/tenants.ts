// Pure: who holds a secret for some units only. A tenant SHOP is made by WEBHOOK_UNITS_SHOP, and has the secrets and tokens whose
// variables end in its name. What a secret reaches is known by the secret, so nobody else may have the same.
import * as v from 'valibot'
import { SENDER_NAMES, type SecretVariable, secretVariable } from './sender-names.js'
import { secrets, unitList } from './values.js'

/** What whoever has shown a secret may see and change: every enabled unit, or of those the ones that are named. */
export interface Reach {
  /** Undefined for the owner of the host. */
  readonly tenant: string | undefined
  readonly units: readonly string[] | undefined
}

export const EVERYTHING: Reach = { tenant: undefined, units: undefined }

export interface Tenant extends Reach {
  readonly tenant: string
  readonly units: readonly string[]
  /** By the variable without the tenant's name. */
  readonly values: Readonly<Partial<Record<TenantSecret, readonly string[]>>>
}

export type TenantSecret = SecretVariable | 'WEBHOOK_TOKEN'

const SECRETS: readonly TenantSecret[] = [...SENDER_NAMES.map(secretVariable), 'WEBHOOK_TOKEN']
const UNITS = 'WEBHOOK_UNITS'
const VARIABLE = new RegExp(`^(${[UNITS, ...SECRETS].join('|')})_(.+?)(_FILE)?$`)
const NAME = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/

type Env = Readonly<Record<string, string | undefined>>

interface TenantVariable {
  readonly base: TenantSecret | typeof UNITS
  readonly tenant: string
}

/** Undefined for what is none. The value of a secret may be in a file, which says the same of it. */
function parseName(name: string): TenantVariable | undefined {
  const [, base, tenant] = VARIABLE.exec(name) ?? []
  return tenant === undefined || tenant === 'FILE' ? undefined : { base: base as TenantSecret, tenant }
}

export const isTenantVariable = (name: string): boolean => parseName(name) !== undefined

/** The variables with secrets of tenants that `names` tell of; of one whose value is in a file, without _FILE. */
export const tenantSecrets = (names: readonly string[]): readonly string[] => [
  ...new Set(
    names.flatMap(name => {
      const found = parseName(name)
      return found === undefined || found.base === UNITS ? [] : [`${found.base}_${found.tenant}`]
    }),
  ),
]

/** The tenants, and what is wrong with their variables. Values of secrets are never quoted. */
export function parseTenants(env: Env): { tenants: readonly Tenant[]; problems: readonly string[] } {
  const found = Object.keys(env).flatMap(name => (env[name] ? (parseName(name) ?? []) : []))
  const names = [...new Set(found.map(({ tenant }) => tenant))]
  const read = names.map(name => parseTenant(name, env))
  return {
    tenants: read.map(({ tenant }) => tenant),
    problems: read.flatMap(({ problems }) => problems),
  }
}

function parseTenant(tenant: string, env: Env): { tenant: Tenant; problems: readonly string[] } {
  const problems: string[] = []
  const parse = <T>(schema: v.GenericSchema<string, readonly T[]>, variable: string): readonly T[] => {
    const text = env[variable]
    const parsed = v.safeParse(schema, text ?? '')
    if (parsed.success) return parsed.output
    problems.push(...parsed.issues.map(({ message }) => `${variable} ${message}`))
    return []
  }
  if (!NAME.test(tenant))
    problems.push(`${UNITS}_${tenant}: the name of a tenant is capitals, digits and single _`)
  if (!env[`${UNITS}_${tenant}`])
    problems.push(`${UNITS}_${tenant} is not set: it lists the units that this tenant's secrets reach`)
  const units = parse(unitList, `${UNITS}_${tenant}`)
  const values = Object.fromEntries(
    SECRETS.map(variable => [variable, parse(secrets, `${variable}_${tenant}`)] as const),
  )
  return { tenant: { tenant, units, values }, problems }
}

/** A tenant's secret that is in another variable too; `owner` has those of the owner of the host. */
export function sharedSecrets(
  tenants: readonly Tenant[],
  owner: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const variables = [
    ...Object.entries(owner),
    ...tenants.flatMap(({ tenant, values }) =>
      Object.entries(values).map(([variable, lines]) => [`${variable}_${tenant}`, lines] as const),
    ),
  ]
  return variables.slice(Object.keys(owner).length).flatMap(([variable, lines]) => {
    const other = variables.find(
      ([name, others]) => name !== variable && others.some(line => lines.includes(line)),
    )
    return other === undefined
      ? []
      : [`${variable} has a secret that is in ${other[0]} too: each needs one of its own`]
  })
}

/** What a secret reaches that is known to be a right one. */
export const reachOf = (tenants: readonly Tenant[], secret: string): Reach =>
  tenants.find(({ values }) => Object.values(values).some(lines => lines.includes(secret))) ?? EVERYTHING

export const isWithin = ({ units }: Reach, unit: string): boolean =>
  units === undefined || units.includes(unit)
