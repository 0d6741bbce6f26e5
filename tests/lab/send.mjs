// node send.mjs FILE AT_ONCE PACE_MS, inside a lab host: sends the requests of FILE, one each PACE_MS as far as AT_ONCE
// connections allow, each on a connection of its own as a forge does it. Prints when it began, and each one's fate.
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [file, atOnce, paceMs] = process.argv.slice(2)
const requests = JSON.parse(readFileSync(file, 'utf8'))
const began = Date.now()
const fates = []

function send({ path, headers, body }) {
  const started = performance.now()
  return new Promise(resolve => {
    const end = fate => resolve({ ...fate, startedMs: started, tookMs: performance.now() - started })
    const options = { host: '127.0.0.1', port: 9787, path, headers, method: 'POST', agent: false }
    const sent = request(options, answer => {
      const chunks = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () => end({ status: answer.statusCode, body: Buffer.concat(chunks).toString() }))
      answer.on('error', error => end({ error: error.code }))
    })
    sent.setTimeout(300_000, () => sent.destroy(Object.assign(new Error('late'), { code: 'LATE' })))
    sent.on('error', error => end({ error: error.code }))
    sent.end(body)
  })
}

let next = 0
async function lane() {
  while (next < requests.length) {
    const index = next++
    await sleep(Math.max(0, began + index * Number(paceMs) - Date.now()))
    fates.push(await send(requests[index]))
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, lane))
console.log(JSON.stringify({ began, fates }))
