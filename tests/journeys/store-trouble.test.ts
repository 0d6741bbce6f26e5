// The state directory full, read-only, or somebody else's, on a file system of its own in a mount namespace: the client is
// told to come again, the person at the host what to do, and nothing is half written. Once it is mended, it goes on.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { delivery, pushed } from '../support/request.js'
import { command, ended, parse } from '../support/serve.js'
import { journey, type World } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'

interface Trouble {
  readonly why: string
  /** A shell's; $STATE is the directory, and `ask NAME` sends the request. */
  readonly make: string
  readonly mend: string
  readonly advice: RegExp
}

const FULL = 'mount -t tmpfs -o size=400k,mode=700 tmpfs "$STATE"'
// Without the options of before, of which a user's own namespace does not take uid= again.
const REMOUNT = 'mount --options-mode=ignore -o remount'
const FILL = 'cat /dev/zero > "$STATE/filler" 2>/dev/null || true'

const TROUBLES: readonly Trouble[] = [
  {
    why: 'full from the beginning',
    make: `${FULL}; ${FILL}`,
    mend: 'rm "$STATE/filler"',
    advice: /full \(df\): free some space, then run pod-upgrade-trigger prune/,
  },
  {
    why: 'full by and by',
    make: `${FULL}; ask first "$@"; mv "$dir/another" "$dir/request"; ${FILL}`,
    mend: 'rm "$STATE/filler"',
    advice: /full \(df\): free some space, then run pod-upgrade-trigger prune/,
  },
  {
    why: 'read-only',
    make: 'mount -t tmpfs -o ro,mode=700 tmpfs "$STATE"',
    mend: `${REMOUNT},rw none "$STATE"`,
    advice: /read-only: remount it, or set WEBHOOK_STATE_DIR elsewhere/,
  },
  {
    why: 'read-only, once there was something in it',
    make: `${FULL}; ask first "$@"; mv "$dir/another" "$dir/request"; ${REMOUNT},ro none "$STATE"`,
    mend: `${REMOUNT},rw none "$STATE"`,
    advice: /read-only: remount it, or set WEBHOOK_STATE_DIR elsewhere/,
  },
  {
    why: 'missing, where none can be made',
    make: 'echo "WEBHOOK_STATE_DIR=$dir/above/new" >> "$dir/env"; mount -t tmpfs -o ro tmpfs "$dir/above"',
    mend: `${REMOUNT},rw none "$dir/above"`,
    advice: /create .* for the user that runs this, or set WEBHOOK_STATE_DIR elsewhere/,
  },
  {
    why: 'closed to us, as one that belongs to somebody else is',
    make: `mount -t tmpfs -o mode=000 tmpfs "$STATE"; as="setpriv --bounding-set=-dac_override,-dac_read_search"`,
    mend: 'chmod 700 "$STATE"',
    advice: /belong to the user that runs this: chown -R USER/,
  },
]

for (const { why, make, mend, advice } of TROUBLES) {
  journey(
    `the state directory is ${why}: 503, with advice in the journal; mended, it goes on`,
    async (t, world) => {
      const { trouble, mended, rows, meanwhile, stderr } = await tell(world, make, mend)
      t.equal(trouble.status, 503)
      t.equal(trouble.headers['retry-after'], '60')
      t.equal(trouble.headers['content-type'], 'application/problem+json')
      t.match(trouble.json, { status: 503, detail: /see the journal/ })
      t.notMatch(trouble.body, world.stateDir, 'a stranger is not told where it is')
      t.match(stderr, advice)
      if (make.includes('ask first'))
        t.match(meanwhile, /"status": 202(.*\n)*.*"unit": "web.service"/, 'it can be read')
      t.notMatch(stderr, /bug:/)
      t.equal(mended.status, 202)
      t.equal(
        rows.filter(({ delivery, status }) => delivery === rows[0]?.delivery && status === 202).length,
        1,
      )
      t.equal(world.calls('systemd-run').length, rows.length, 'what is not recorded is not started')
    },
  )
}

interface Story {
  readonly trouble: ReturnType<typeof parse>
  readonly mended: ReturnType<typeof parse>
  readonly rows: readonly { readonly delivery: string; readonly status: number }[]
  /** What the lists said while nothing could be written. */
  readonly meanwhile: string
  readonly stderr: string
}

async function tell(world: World, make: string, mend: string): Promise<Story> {
  world.setUnit('web.service', IMAGE, '0'.repeat(64))
  writeFileSync(join(world.dir, 'request'), delivery())
  writeFileSync(join(world.dir, 'another'), delivery({ id: 'another', body: pushed(IMAGE, { n: 2 }) }))
  const script = `set -eu
dir=$1 STATE=$2; shift 2
as=
ask() { answer=$1; shift; $as "$@" serve < "$dir/request" > "$dir/$answer"; }
mkdir -p "$dir/above" "$STATE"
${make}
ask trouble "$@"
"$@" events --json > "$dir/meanwhile" || true
"$@" tasks 1 --json > "$dir/task" || true
${mend}
ask mended "$@"
"$@" events --json > "$dir/rows"`
  const own = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const args = ['bash', '-c', script, 'bash', world.dir, world.stateDir, 'env', ...command(world.env)]
  const { stderr, exitCode } = await ended(spawn('unshare', ['--mount', ...own, ...args]))
  if (exitCode !== 0) throw new Error(`the story ended with ${exitCode}:\n${stderr}`)
  const read = (name: string) => readFileSync(join(world.dir, name))
  return {
    trouble: parse(read('trouble')),
    mended: parse(read('mended')),
    rows: JSON.parse(read('rows').toString()),
    meanwhile: `${read('meanwhile')}${read('task')}`,
    stderr,
  }
}
