// node flood.mjs URL RATE SECS, inside a lab host: a stranger who asks for URL that many times a second, over fifty connections
// that stay open, and takes what is answered. Prints how many there were of each status. Until its input ends, or SECS are over.
import { Agent as HttpAgent, request } from 'node:http'
import { Agent as HttpsAgent, request as secure } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const [url, rate, secs] = process.argv.slice(2)
const isSecure = url.startsWith('https:')
const agent = new (isSecure ? HttpsAgent : HttpAgent)({
  keepAlive: true,
  maxSockets: 50,
  rejectUnauthorized: false,
})
const counts = {}
const count = what => {
  counts[what] = (counts[what] ?? 0) + 1
}
const began = Date.now()
let sent = 0
while (Date.now() - began < Number(secs) * 1000) {
  for (const due = ((Date.now() - began) / 1000) * Number(rate); sent < due; sent++)
    (isSecure ? secure : request)(url, { agent }, answer => {
      count(answer.statusCode)
      answer.resume()
    })
      .on('error', error => count(error.code))
      .end()
  await sleep(5)
}
agent.destroy()
console.log(JSON.stringify({ sent, counts }))
process.exit(0)
