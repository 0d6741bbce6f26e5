// Beside a receiver that stays: adnanh/webhook, as Debian has it, with the same signature to verify and the same command to
// run. It is quicker, being there already; what it costs is being there.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTable } from '../../lib/cli/table.js'
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

function startPeer({ dir, env }: Place, port: number): ChildProcess {
  if (!existsSync(PEER)) throw new Error('there is no peer: apt-get install --no-install-recommends webhook')
  writeFileSync(join(dir, 'hooks.json'), JSON.stringify(HOOKS))
  const args = ['-hooks', join(dir, 'hooks.json'), '-ip', '127.0.0.1', '-port', String(port)]
  return spawn(PEER, args, { env, stdio: 'ignore' })
}

const isAccepted = ({ status }: Asked): boolean => status === 202

const deliver = (port: number, target: string): Promise<Asked> => ask(port, newDelivery({ target }))

async function times(port: number, target: string, took: number[]): Promise<void> {
  const asked = await deliver(port, target)
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

async function compare(listener: ChildProcess, peer: ChildProcess, ports: readonly number[]): Promise<void> {
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < RUNS; turn++) {
    await times(ports[0]!, '/hooks/github', ours)
    await times(ports[1]!, `/hooks/${ID}`, theirs)
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
}

const place = makePlace()
const children: ChildProcess[] = []
try {
  heading(`peer: an accepted delivery of 25 kB, ${RUNS} of each in turns, and what is held between them`)
  const ports = [await freePort(), await freePort()] as const
  const peer = startPeer(place, ports[1])
  children.push(peer)
  const listener = await listen(place, ports[0])
  children.push(listener)
  await waitFor('webhook to listen', () => deliver(ports[1], `/hooks/${ID}`).then(isAccepted, () => false))
  await compare(listener, peer, ports)
} finally {
  for (const child of children) child.kill()
  place.remove()
}
