// node flood.mjs KIND URL RATE SECS, inside a lab host: a stranger who comes that many times a second. `get` asks, over fifty
// connections that stay open; `unsigned` sends a delivery that nobody has signed; `closed` opens a connection and closes it. Prints
// how many there were, and what came of them.
import { Agent as HttpAgent, request } from 'node:http'
import { Agent as HttpsAgent, request as secure } from 'node:https'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [kind, url, rate, secs] = process.argv.slice(2)
const { protocol, hostname, port } = new URL(url)
const isSecure = protocol === 'https:'
const agent = new (isSecure ? HttpsAgent : HttpAgent)({
  keepAlive: true,
  maxSockets: kind === 'get' ? 50 : 5000,
})
const counts = {}
const count = what => {
  counts[what] = (counts[what] ?? 0) + 1
}

const UNSIGNED = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${'0'.repeat(64)}` }

function send() {
  const options =
    kind === 'get' ? { agent } : { agent, method: 'POST', headers: { ...UNSIGNED, 'Content-Length': 2 } }
  const sent = (isSecure ? secure : request)(url, { ...options, rejectUnauthorized: false }, answer => {
    count(answer.statusCode)
    answer.resume()
  })
  sent.on('error', error => count(error.code)).end(kind === 'get' ? '' : '{}')
}

function open() {
  const socket = connect(port || (isSecure ? 443 : 80), hostname, () => {
    count('closed')
    socket.destroy()
  })
  socket.on('error', error => count(error.code))
}

const began = Date.now()
let sent = 0
while (Date.now() - began < Number(secs) * 1000) {
  for (const due = ((Date.now() - began) / 1000) * Number(rate); sent < due; sent++)
    kind === 'closed' ? open() : send()
  await sleep(5)
}
console.log(JSON.stringify({ sent, counts }))
process.exit(0)
