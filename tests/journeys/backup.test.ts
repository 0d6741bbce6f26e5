// `backup`: the copy that a shell may open. The sqlite3 shell that only read the files themselves took accepted deliveries away.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listEvents } from '../../lib/store/events.js'
import { withStore } from '../../lib/store/session.js'
import { start } from '../support/program.js'
import { delivery, pushed } from '../support/request.js'
import { command } from '../support/serve.js'
import { journey } from '../support/world.js'

const IMAGE = 'ghcr.io/acme/web:latest'

journey('a copy has all that was accepted, while requests go on', async (t, world) => {
  world.setUnit('web.service', IMAGE, '0'.repeat(64))
  await world.send(delivery())
  await world.send(delivery({ secret: 'another' })) // waits beside the database
  const dir = join(world.dir, 'copy')
  const [{ exitCode, stdout, stderr }, meanwhile] = await Promise.all([
    start(world, 'backup', dir).end,
    world.send(delivery({ body: pushed(IMAGE, { n: 1 }) })),
  ])
  t.equal(exitCode, 0, stderr)
  t.match(stdout, /^copied \d+ files to /)
  t.equal(meanwhile.status, 202)
  const copied = withStore(dir, store => listEvents(store, { limit: 10 })).map(({ status }) => status)
  t.strictSame(copied.slice(-2), [401, 202])
  t.strictSame(
    readdirSync(dir).filter(name => name.endsWith('-wal')),
    [],
    'each file stands by itself',
  )
  t.equal(statSync(dir).mode & 0o777, 0o700)
  t.equal(statSync(join(dir, 'events.db')).mode & 0o077, 0, 'for nobody else')
})

journey('a directory that is not new is left alone', async (t, world) => {
  writeFileSync(join(world.dir, 'file'), 'mine')
  const { exitCode, stderr } = await start(world, 'backup', world.dir).end
  t.equal(exitCode, 64)
  t.match(stderr, /is not empty: name a new directory/)
  t.notOk(existsSync(join(world.dir, 'events.db')))
})

journey('what was killed before it could tidy up is in the copy', async (t, world) => {
  world.setUnit('web.service', IMAGE, '0'.repeat(64))
  const script = `import { withStore } from ${JSON.stringify(new URL('../../lib/store/session.js', import.meta.url).href)}
    import { insertEvent, eventWithoutRequest } from ${JSON.stringify(new URL('../../lib/store/events.js', import.meta.url).href)}
    withStore(${JSON.stringify(world.stateDir)}, store => {
      insertEvent(store, eventWithoutRequest({ method: 'CLI', path: 'killed', status: 200, action: 'x', unit: undefined, meta: {} }))
      process.kill(process.pid, 'SIGKILL')
    })`
  const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script]
  t.throws(() => execFileSync('env', node))
  const dir = join(world.dir, 'copy')
  execFileSync('env', command(world.env, 'backup', dir))
  const paths = withStore(dir, store => listEvents(store, { limit: 10 })).map(({ path }) => path)
  t.strictSame(paths, ['killed'])
})
