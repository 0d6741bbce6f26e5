// The sandbox in which systemd runs a request (units/), seen from inside. podman needs namespaces and privileges that are taken
// away there, and the processes of other units are not to be seen; so the manager is asked to run this program outside: a
// request may start units anyway.
import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.js'
import { outside } from '../host/transient-units.js'
import type { KnownUnit } from './match.js'

interface Listed extends Pick<KnownUnit, 'unit' | 'image' | 'others'> {
  readonly enabled_by: KnownUnit['enabledBy']
  readonly pin?: { readonly kept_id: string; readonly bad_id?: string; readonly hold?: string }
}

/** Whether this process can gain no privileges, which rootless podman needs and every sandbox of systemd's implies. */
export const isSandboxed = ({ isOutside }: Config): boolean =>
  !isOutside && /^NoNewPrivs:\s*1$/m.test(readFileSync('/proc/self/status', 'utf8'))

/** The enabled units, as `units --json` has them. Throws CommandFailed. */
export async function unitsFromOutside(config: Config): Promise<KnownUnit[]> {
  const listed = JSON.parse(await outside(config, ['units', '--json'])) as Listed[]
  return listed.map(({ unit, image, others, enabled_by: enabledBy, pin }) => {
    const { kept_id: keptId = '', bad_id: badId, hold } = pin ?? {}
    const stays = { keptId, ...(badId && { badId }), ...(hold && { hold }) }
    return { unit, image, ...(others && { others }), enabledBy, ...(pin && { pin: stays }) }
  })
}
