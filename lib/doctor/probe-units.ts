// The doctor's look at the enabled units: what each is, whether its registry would give its image, and its way back.
import type { Config } from '../config/config.js'
import { findGenerated, type GeneratedUnit, generatedUnits } from '../host/quadlet.js'
import { show } from '../host/unit-state.js'
import { describe } from '../result.js'
import { enabledUnits } from '../targets/enabled-units.js'
import type { KnownUnit } from '../targets/match.js'
import { pullSourceOf } from '../targets/pull-source.js'
import { foreseeWayBack } from '../upgrade/inspect.js'
import { windowsOf } from '../windows/unit-window.js'
import type { CheckResult } from './checks/finding.js'
import { judgeTenant, judgeUnit, judgeUnits } from './checks/units.js'
import { type Check, type DoctorContext, type Env, withConfig } from './doctor-context.js'
import { type Ask, registryAsker } from './registry.js'

/** One for all of them together, then one for each. `env` is undefined where no registry is to be asked. */
export async function unitChecks({ config }: DoctorContext, env: Env | undefined): Promise<Check[]> {
  if (config === undefined) return [['units', () => withConfig(config, () => judgeUnits(0))]]
  const ask = env && registryAsker(env)
  try {
    const [enabled, generated] = await Promise.all([enabledUnits(config), generatedUnits(config)])
    const each = enabled.map(
      (known): Check => [
        known.unit,
        () => checkUnit(config, known, findGenerated(known.unit, generated), ask),
      ],
    )
    const names = enabled.map(({ unit }) => unit)
    const tenants = config.tenants.map(
      (tenant): Check => [`tenant ${tenant.tenant}`, () => judgeTenant(tenant, names)],
    )
    return [['units', () => judgeUnits(enabled.length)], ...each, ...tenants]
  } catch (error) {
    return [['units', () => Promise.reject(error)]]
  }
}

async function checkUnit(
  config: Config,
  known: KnownUnit,
  generated: GeneratedUnit | undefined,
  ask: Ask | undefined,
): Promise<CheckResult> {
  const { unit, image } = known
  const { LoadState, ActiveState } = await show(config.scope, unit)
  const windows = await windowsOf(config, unit)
  const windowProblem = windows.ok ? undefined : describe(windows.problems)
  const facts = { known, loadState: LoadState, activeState: ActiveState, windowProblem }
  if (LoadState !== 'loaded' || image === undefined) return judgeUnit(config.scope, facts)
  const source = await pullSourceOf(config.scope, { unit, image, imageUnit: generated?.imageUnit })
  const [registry, wayBack] = await Promise.all([
    ask?.(image, source),
    foreseeWayBack({ config, task: { unit, image } }),
  ])
  return judgeUnit(config.scope, { ...facts, hasCreds: source.hasCreds, registry, wayBack })
}
