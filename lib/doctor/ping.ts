// One request of the doctor, over the socket as any client's.
import { request } from 'node:http'
import type { TestRequest } from '../senders/prove.js'
import type { Address, Reply } from './checks/delivery.js'

/** Never throws, and takes no longer than `timeoutMs`. */
export function ping(
  address: Address,
  { target, headers, body }: TestRequest,
  timeoutMs: number,
): Promise<Reply> {
  const all = { Host: 'localhost', 'User-Agent': 'pod-upgrade-trigger-doctor', ...headers }
  const began = performance.now()
  return new Promise(resolve => {
    const signal = AbortSignal.timeout(timeoutMs)
    const sent = request(
      { ...address, path: target, method: 'POST', headers: all, agent: false, signal },
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
