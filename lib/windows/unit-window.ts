// Which maintenance windows a unit has: X-Window= in its own files, else WEBHOOK_WINDOW. systemd has all of them together, the
// generator knows what systemd has not loaded yet.
import type { Config } from '../config/config.js'
import { parseWindows, type Windows } from '../config/window.js'
import { findGenerated, generatedUnits, parseXWindow } from '../host/quadlet.js'
import { catIfThere } from '../host/systemd.js'
import { no, type Result, valid } from '../result.js'

/** Undefined is always; a mistake in X-Window= is told, and then nobody knows. Throws CommandFailed. */
export async function windowsOf(config: Config, unit: string): Promise<Result<Windows | undefined>> {
  const text = (await catIfThere(config.scope, unit)) ?? (await generatedText(config, unit))
  const own = parseXWindow(text)
  if (own === undefined) return valid(config.windows)
  const parsed = parseWindows(own)
  return parsed.ok ? parsed : no(`X-Window= of ${unit}: ${parsed.problems[0]?.message}`)
}

const generatedText = async (config: Config, unit: string): Promise<string> =>
  findGenerated(unit, await generatedUnits(config))?.text ?? ''
