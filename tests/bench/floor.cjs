// The least that could do what an accepted delivery does in this design: node's own HTTP on the socket that is fd 0, one
// durable row, one child process, one answer. No routes, no verification, no lock, no log. Argument: the database,
// whose table `event` is there.
const v8 = require('node:v8')
v8.setFlagsFromString('--no-wasm-tier-up') // see lib/store/wasm-flags.ts
v8.setFlagsFromString('--no-wasm-dynamic-tiering')
const { spawnSync } = require('node:child_process')
const { createServer } = require('node:http')
const { Socket } = require('node:net')
const { Database } = require('node-sqlite3-wasm')

const server = createServer((request, response) => {
  let size = 0
  request.on('data', chunk => {
    size += chunk.length
  })
  request.on('end', () => {
    const db = new Database(process.argv[2])
    db.exec('pragma locking_mode=exclusive; pragma journal_mode=wal; pragma synchronous=full')
    db.run('insert into event (size) values (?)', [size])
    db.close()
    spawnSync('true')
    response.writeHead(202, { Connection: 'close' }).end('accepted\n', () => process.exit())
  })
})
server.emit('connection', new Socket({ fd: 0 }))
