// Pure: one enabled unit: whether systemd has it, and whether a push can change the image that it runs.
import type { Config } from '../../config/config.js'
import { parseImage } from '../../targets/image.js'
import { describePin, type KnownUnit } from '../../targets/match.js'
import { type CheckResult, ok, problem, warning } from './finding.js'
import { systemctl } from './host.js'

export interface UnitFacts {
  readonly known: KnownUnit
  readonly loadState: string
  readonly activeState: string
  /** Whether the .image unit that it comes from has Creds=. */
  readonly hasCreds: boolean
}

const NONE_ENABLED = warning(
  'no unit is enabled',
  'name them in WEBHOOK_MANUAL_UNITS, or set WEBHOOK_AUTO_DISCOVER=1',
)

export const judgeUnits = (count: number): CheckResult =>
  count === 0 ? NONE_ENABLED : ok(`${count} enabled`)

export function judgeUnit(
  scope: Config['scope'],
  { known, loadState, activeState, hasCreds }: UnitFacts,
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
  if (hasCreds) {
    const fix = 'use AuthFile= in its .image unit, or podman login'
    return warning('Creds= would show the password on a command line: every upgrade of it fails', fix)
  }
  const wrong = judgeReference(image)
  if (wrong !== undefined) return wrong
  if (pin !== undefined)
    return warning(
      `${image}: ${describePin(pin)}`,
      `pod-upgrade-trigger release ${unit}, to follow the tag again`,
    )
  if (activeState === 'failed') return warning(`${image}: it has failed`, `${control} status ${unit}`)
  return ok(image)
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
  const first = image.slice(0, Math.max(image.indexOf('/'), 0))
  if (!/[.:]/.test(first))
    return warning(`${image} names no registry: ${used.host} is assumed`, `write ${used.host}/… in Image=`)
  return undefined
}
