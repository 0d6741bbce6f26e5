// An enabled unit: whether it is there, and whether what it runs is something that a push can move.
import type { Config } from '../config.js'
import { parseImage } from '../image.js'
import type { KnownUnit } from '../match.js'
import { type Found, ok, problem, warning } from './finding.js'
import { systemctl } from './host.js'

export interface UnitFacts {
  readonly known: KnownUnit
  readonly loadState: string
  readonly activeState: string
  /** Whether the .image unit that it comes from has Creds=. */
  readonly hasCreds: boolean
}

const NONE_ENABLED = warning(
  'none is enabled: nothing is ever upgraded',
  'name them in WEBHOOK_MANUAL_UNITS, or set WEBHOOK_AUTO_DISCOVER=1',
)

export const judgeUnits = (count: number): Found => (count === 0 ? NONE_ENABLED : ok(`${count} enabled`))

export function judgeUnit(
  scope: Config['scope'],
  { known, loadState, activeState, hasCreds }: UnitFacts,
): Found {
  const { unit, image } = known
  const control = systemctl(scope)
  if (loadState === 'masked') return problem('it is masked', `${control} unmask ${unit}`)
  if (loadState !== 'loaded') {
    const mend = `${control} daemon-reload; ${control} status ${unit}; or take it out of WEBHOOK_MANUAL_UNITS`
    return problem(`systemd does not have it: it is ${loadState || 'unknown'}`, mend)
  }
  if (image === undefined) {
    const mend = `is it a container? start it: ${control} start ${unit}; or take it out of WEBHOOK_MANUAL_UNITS`
    return problem('nothing says which image it runs', mend)
  }
  if (hasCreds) {
    const mend = 'use AuthFile= in its .image unit, or podman login'
    return warning('Creds= would show the password on a command line: it is skipped', mend)
  }
  const wrong = judgeReference(image)
  if (wrong !== undefined) return wrong
  if (activeState === 'failed') return warning(`${image}: it has failed`, `${control} status ${unit}`)
  return ok(image)
}

/** Undefined for a reference that a push can move. */
function judgeReference(image: string): Found | undefined {
  const used = parseImage(image)
  if (used === undefined) return problem(`${image} is not a valid reference`, 'mend Image= of its quadlet')
  if (used.digest !== undefined)
    return warning(`${image} is pinned to a digest: no push moves it`, 'name a tag in Image= of its quadlet')
  if (used.host === 'localhost')
    return warning(
      `${image} is local: it is never pulled`,
      'name a registry in Image=, unless you build it here',
    )
  const first = image.slice(0, Math.max(image.indexOf('/'), 0))
  if (!/[.:]/.test(first))
    return warning(
      `${image} names no registry: it is taken for ${used.host}`,
      `write ${used.host}/… in Image=`,
    )
  return undefined
}
