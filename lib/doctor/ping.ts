// The doctor as a sender: GitHub's ping, signed with the real secret, over the real socket. It changes nothing but the
// event log, and is answered 200 by whoever has the same secret.
import { createHmac, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import type { Address, Reply } from './checks/delivery.js'

const PATH = '/hooks/github'

/** Never throws, and takes no longer than `timeoutMs`. */
export function ping(address: Address, secret: string, timeoutMs: number): Promise<Reply> {
  const body = Buffer.from(JSON.stringify({ zen: 'Speak like a human.', hook_id: 0 }))
  const headers = {
    Host: 'localhost',
    'User-Agent': 'pod-upgrade-trigger-doctor',
    'X-GitHub-Event': 'ping',
    'X-GitHub-Delivery': randomUUID(),
    'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    'Content-Type': 'application/json',
    'Content-Length': body.length,
  }
  const began = performance.now()
  return new Promise(resolve => {
    const signal = AbortSignal.timeout(timeoutMs)
    const sent = request(
      { ...address, path: PATH, method: 'POST', headers, agent: false, signal },
      answer => {
        resolve({ status: answer.statusCode ?? 0, tookMs: performance.now() - began })
        sent.destroy()
      },
    )
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const trouble = signal.aborted ? `gave up after ${timeoutMs / 1000} s` : (error.code ?? error.message)
      resolve({ trouble })
    })
    sent.end(body)
  })
}
