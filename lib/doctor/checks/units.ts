// Pure: one enabled unit: whether systemd has it, and whether a push can change the image that it runs.
import type { Config } from '../../config/config.js'
import type { Tenant } from '../../config/tenants.js'
import { isQualified, parseImage } from '../../targets/image.js'
import { describePin, type KnownUnit } from '../../targets/match.js'
import type { WayBack } from '../../upgrade/way-back/way-back.js'
import { type CheckResult, ok, problem, warning } from './finding.js'
import { systemctl } from './host.js'
import { judgeRegistry, type RegistryFacts } from './registry.js'

export interface UnitFacts {
  readonly known: KnownUnit
  readonly loadState: string
  readonly activeState: string
  /** What is wrong with its maintenance windows. */
  readonly windowProblem?: string | undefined
  /** Whether its definition has Creds=. */
  readonly hasCreds?: boolean
  /** Undefined where no registry was asked. */
  readonly registry?: RegistryFacts | undefined
  /** What an upgrade would find; undefined where nothing runs that could be gone back to. */
  readonly wayBack?: WayBack | undefined
}

const NONE_ENABLED = warning(
  'no unit is enabled',
  'name them in WEBHOOK_MANUAL_UNITS, or set WEBHOOK_AUTO_DISCOVER=1',
)

export const judgeUnits = (count: number): CheckResult =>
  count === 0 ? NONE_ENABLED : ok(`${count} enabled`)

/** A tenant's list says how far its secrets reach, not what is enabled. */
export function judgeTenant({ tenant, units }: Tenant, enabled: readonly string[]): CheckResult {
  const beyond = units.filter(unit => !enabled.includes(unit))
  if (beyond.length === 0) return ok(units.join(', '))
  return warning(
    `not enabled: ${beyond.join(', ')}`,
    `enable them too, in WEBHOOK_MANUAL_UNITS, or take them out of WEBHOOK_UNITS_${tenant}`,
  )
}

export function judgeUnit(
  scope: Config['scope'],
  { known, loadState, activeState, windowProblem, hasCreds = false, registry, wayBack }: UnitFacts,
): CheckResult {
  const { unit, image, pin } = known
  const control = systemctl(scope)
  if (loadState === 'masked') return problem('it is masked', `${control} unmask ${unit}`)
  if (loadState !== 'loaded') {
    const fix = `${control} daemon-reload; ${control} status ${unit}; or take it out of WEBHOOK_MANUAL_UNITS`
    return problem(`not loaded (LoadState=${loadState || 'unknown'})`, fix)
  }
  if (image === undefined) {
    const fix = `is it a container? start it: ${control} start ${unit}; or take it out of WEBHOOK_MANUAL_UNITS`
    return problem('its image is unknown', fix)
  }
  if (windowProblem !== undefined) {
    const fix = `no push upgrades it: write X-Window=Mon..Fri 02:00-05:00 in [X-Webhook], then ${control} daemon-reload`
    return problem(windowProblem, fix)
  }
  if (hasCreds) {
    const fix = 'use AuthFile= in its .image unit, or podman login'
    return warning('Creds= would show the password on a command line: every upgrade of it fails', fix)
  }
  const asked = registry && judgeRegistry(image, registry)
  if (asked?.verdict === 'problem') return asked
  const wrong = judgeReference(image)
  if (wrong !== undefined) return wrong
  if (pin !== undefined)
    return warning(
      `${image}: ${describePin(pin)}`,
      `pod-upgrade-trigger release ${unit}, to follow the tag again`,
    )
  if (activeState === 'failed') return warning(`${image}: it has failed`, `${control} status ${unit}`)
  if (wayBack?.trouble !== undefined)
    return warning(
      `${image}: there is no way back: ${wayBack.trouble}; no push upgrades it`,
      'change that, or set WEBHOOK_WITHOUT_WAY_BACK=allow to upgrade it all the same',
    )
  if (asked !== undefined) return asked
  if (wayBack === undefined) return ok(image)
  return ok(`${image}, way back ${wayBack.isProven ? 'proven' : 'to be proven before its next restart'}`)
}

/** Undefined for a reference that a push can move. */
function judgeReference(image: string): CheckResult | undefined {
  const used = parseImage(image)
  if (used === undefined) return problem(`${image} is not a valid reference`, 'fix Image= of its quadlet')
  if (used.digest !== undefined)
    return warning(`${image} is pinned to a digest: no push moves it`, 'name a tag in Image= of its quadlet')
  if (used.host === 'localhost')
    return warning(
      `${image} is local: it is never pulled`,
      'name a registry in Image=, unless you build it here',
    )
  if (!isQualified(image))
    return warning(`${image} names no registry: ${used.host} is assumed`, `write ${used.host}/… in Image=`)
  return undefined
}
