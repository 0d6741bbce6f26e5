// A unit that was rolled back must run the old image at its next restart too, while the reference that it shares with
// other units names the new one. So the rollback is a quadlet drop-in that gives this unit alone the kept image, and
// the next upgrade takes it away again. Visible to everybody: `systemctl cat`, and a comment in the file.
import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from './config.js'

/** Where the image to go back to is kept. A unit may hold characters that a tag may not, hence the hash. */
export function rollbackReference(unit: string): string {
  const hash = createHash('sha256').update(unit).digest('hex').slice(0, 12)
  return `localhost/pod-upgrade-trigger/rollback:${unit.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 100)}-${hash}`
}

/**
 * The drop-in of a unit made from `source` (SourcePath=, the quadlet), or undefined where there can be none: units that
 * are no container quadlet, and instances, whose template's drop-in would pin all of them.
 */
export function pinPath(config: Config, unit: string, source: string): string | undefined {
  if (!source.endsWith('.container') || unit.includes('@')) return undefined
  return join(
    config.quadletDir,
    `${source.slice(source.lastIndexOf('/') + 1)}.d`,
    '90-pod-upgrade-trigger.conf',
  )
}

/** AutoUpdate=local, so that `podman auto-update` compares with this image and does not look for it in a registry. */
export function formatPin(image: string, kept: string): string {
  return `# Written by pod-upgrade-trigger: the newest ${image} did not keep this unit running, so it is on the one before.
# The next good upgrade removes this file. To follow the tag at once: remove it, systemctl daemon-reload, restart.
[Container]
Image=${kept}
AutoUpdate=local

[X-Webhook]
X-Image=${image}
`
}

/** Writes the drop-in, all of it or nothing. Takes effect with the next daemon-reload. */
export function writePin(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileSync(`${path}.new`, text, { mode: 0o644 })
  renameSync(`${path}.new`, path)
}

/** Gives whether there was one. */
export function removePin(path: string): boolean {
  try {
    rmSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
