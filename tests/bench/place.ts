// Where the program is measured: a directory with its configuration, its state and the commands that it starts, which
// are as cheap as a process can be: what podman and systemd cost is not what is looked at. Requests are started as the
// installed unit starts them, with whatever flags and variables it has.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, type Delivery, delivery, pushed, SECRET } from '../support/request.js'

const ROOT = join(import.meta.dirname, '../..')
export const PROGRAM = join(ROOT, 'bin/pod-upgrade-trigger.cjs')
const UNIT = join(ROOT, 'units/system/pod-upgrade-trigger@.service')
const UNITS = ['web', ...Array.from({ length: 19 }, (_, index) => `unit${index + 1}`)]
const TOKEN = 'token-of-the-bench'
const GITHUB_SIZE = 25_000

export interface Place {
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
  /** The command line of a request, as the unit has it. */
  readonly serve: (node: string) => string[]
  readonly remove: () => void
}

/** Twenty units, or those that run `images`; `more` is configured besides. */
export function makePlace(images = UNITS.map(image), more: Readonly<Record<string, string>> = {}): Place {
  const units = new Map(images.map((it, index) => [UNITS[index] ?? '', it]))
  const dir = mkdtempSync(join(tmpdir(), 'pod-upgrade-trigger-bench-'))
  mkdirSync(join(dir, 'bin'))
  writeFakes(join(dir, 'bin'), units)
  const config = {
    GITHUB_WEBHOOK_SECRET: SECRET,
    WEBHOOK_MANUAL_TOKEN: TOKEN,
    WEBHOOK_MANUAL_UNITS: [...units.keys()].join(' '),
    WEBHOOK_SCOPE: 'system',
    WEBHOOK_QUADLET_GENERATOR: join(dir, 'bin/quadlet-generator'),
    WEBHOOK_UNIT_DIR: join(dir, 'manager'),
    WEBHOOK_AFTERCARE_SECS: '0',
    WEBHOOK_IMAGE_LIMIT_COUNT: '100000',
    ...more,
  }
  const lines = Object.entries(config).map(([name, value]) => `${name}="${value}"\n`)
  writeFileSync(join(dir, 'env'), lines.join(''))
  const unit = readUnit(dir)
  const env = {
    PATH: `${join(dir, 'bin')}:/usr/bin:/bin`,
    HOME: dir,
    LANG: 'C.UTF-8',
    REMOTE_ADDR: '127.0.0.1',
    ...Object.fromEntries(unit('Environment').map(text => text.split(/=(.*)/).slice(0, 2))),
    STATE_DIRECTORY: join(dir, 'state'),
  }
  const [start = ''] = unit('ExecStart')
  const serve = (node: string) => start.replace('@NODE@', node).split(' ')
  return { dir, env, serve, remove: () => rmSync(dir, { recursive: true }) }
}

/** Gives what the unit has of a setting; the program and its configuration are where they are here. */
function readUnit(dir: string): (name: string) => string[] {
  const text = readFileSync(UNIT, 'utf8')
    .replaceAll('@LIBDIR@', join(ROOT, 'bin'))
    .replaceAll('@CONFDIR@', dir)
  return name => Array.from(text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm')), ([, value = '']) => value)
}

const image = (unit: string): string => `ghcr.io/acme/${unit}:latest`

function writeFakes(bin: string, units: ReadonlyMap<string, string>): void {
  for (const name of ['systemd-run', 'true']) symlinkSync('/bin/true', join(bin, name))
  const containers = [...units].map(([unit, image], index) => ({
    Id: `c-${unit}`,
    Names: [unit],
    Image: image,
    ImageID: String(index % 10).repeat(64),
    State: 'running',
    Status: 'Up 1 second',
    Pod: '',
    IsInfra: false,
    Labels: { PODMAN_SYSTEMD_UNIT: `${unit}.service` },
  }))
  writeScript(join(bin, 'systemctl'), 'LoadState=loaded\nActiveState=active\nResult=success\nType=notify')
  writeScript(join(bin, 'podman'), JSON.stringify(containers))
  writeScript(join(bin, 'busctl'), '{"type":"a(sus)","data":[[["/", 1, "conmon -c c-web"]]]}')
  const quadlet = ([unit, image]: readonly [string, string]) =>
    `---${unit}.service---\n[X-Container]\nImage=${image}\n\n[Unit]\nSourcePath=/etc/containers/systemd/${unit}.container\n`
  writeScript(join(bin, 'quadlet-generator'), [...units].map(quadlet).join('\n'))
}

/** The shell prints it itself: one process, and not a second one that reads a file. */
function writeScript(path: string, prints: string): void {
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' '${prints}'\n`)
  chmodSync(path, 0o755)
}

/** A person's, at the status page. */
export const newLook = (): Buffer => call('GET', '/', TOKEN)

let counter = 0

/** A delivery of the size that GitHub's have, never seen before, right in everything that is not said. */
export function newDelivery(parts: Omit<Delivery, 'id' | 'body'> = {}): Buffer {
  const id = `bench-${process.pid}-${counter++}`
  const body = pushed(image('web'), { id, padding: '' })
  const padding = 'x'.repeat(GITHUB_SIZE - body.length)
  const headers = { Connection: 'close', ...parts.headers } // a peer that stays would wait for a next one
  return delivery({ ...parts, headers, id, body: pushed(image('web'), { id, padding }) })
}
