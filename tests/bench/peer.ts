// Beside a receiver that stays: adnanh/webhook, as Debian has it, with the same signature to verify and the same command to
// run. It is quicker, being there already; what it costs is being there.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTable } from '../../lib/table.js'
import { waitFor } from '../support/host.js'
import { freePort } from '../support/listen.js'
import { SECRET } from '../support/request.js'
import { formatMs, formatTimes, heading, judge, quantile, RUNS } from './figures.js'
import { type Asked, ask, childrenOf, heldMib, listen } from './listener.js'
import { makePlace, newDelivery, type Place } from './place.js'

const PEER = '/usr/bin/webhook'
const ID = 'bench'

// Without the last line it answers before it has started anything, which ours never does.
const HOOKS = [
  {
    id: ID,
    'execute-command': '/bin/true',
    'trigger-rule': {
      match: {
        type: 'payload-hmac-sha256',
        secret: SECRET,
        parameter: { source: 'header', name: 'X-Hub-Signature-256' },
      },
    },
    'success-http-response-code': 202,
    'include-command-output-in-response': true,
  },
]

async function startPeer({ dir, env }: Place, port: number) {
  if (!existsSync(PEER))
    throw new Error('the peer is not there: apt-get install --no-install-recommends webhook')
  writeFileSync(join(dir, 'hooks.json'), JSON.stringify(HOOKS))
  const args = ['-hooks', join(dir, 'hooks.json'), '-ip', '127.0.0.1', '-port', String(port)]
  const child = spawn(PEER, args, { env, stdio: 'ignore' })
  await waitFor('webhook to listen', () =>
    ask(port, newDelivery({ target: `/hooks/${ID}` })).then(isAccepted, () => false),
  )
  return child
}

const isAccepted = ({ status }: Asked): boolean => status === 202

async function times(port: number, target: string, took: number[]): Promise<void> {
  const asked = await ask(port, newDelivery({ target }))
  if (!isAccepted(asked)) throw new Error(`${target} on port ${port} answered ${asked.status}`)
  took.push(asked.tookMs)
}

const row = (name: string, took: number[], processes: string, mib: number): string[] => [
  name,
  formatTimes(took),
  formatMs(quantile(took, 0.95)),
  processes,
  `${mib.toFixed(1)} MiB`,
]

const place = makePlace()
const ports = [await freePort(), await freePort()] as const
const listener = await listen(place, ports[0])
const peer = await startPeer(place, ports[1])
try {
  heading(`peer: an accepted delivery of 25 kB, ${RUNS} of each in turns, and what is held between them`)
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < RUNS; turn++) {
    await times(ports[0], '/hooks/github', ours)
    await times(ports[1], `/hooks/${ID}`, theirs)
  }
  await waitFor('the last request to end', () => childrenOf(listener.pid!).length === 0)
  const version = execFileSync(PEER, ['-version'], { encoding: 'utf8' }).trim()
  const head = ['', 'ANSWERED', '95 %', 'PROCESSES BETWEEN', 'MEMORY BETWEEN']
  const own = childrenOf(listener.pid!)
  console.log(
    formatTable(head, [
      row('ours, a process each', ours, judge(own.length, 0, String), heldMib(own)),
      row(version, theirs, '1', heldMib([peer.pid!])),
    ]),
  )
} finally {
  peer.kill()
  listener.kill()
  place.remove()
}
