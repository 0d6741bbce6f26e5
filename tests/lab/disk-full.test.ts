// A bad image that fills the disk that the state is on: whatever kind of unit it is, the image before runs again while not a
// byte can be written, and the record says so when there is room.
import t from 'tap'
import { matchAll } from '../support/match-all.js'
import { GOOD, KINDS, writeUnit } from './kinds-of-units.js'
import { installed, TOKEN } from './site.js'

const REGISTRY = 'localhost:5000/disk'
const DISK = '/mnt/small'
const FILLS = ['sh', '-c', `cat /dev/zero >${DISK}/filler; sleep 4; exit 3`]

/** All of them: LAB_CELLS=all. */
const NAMES =
  process.env['LAB_CELLS'] === 'all' ? Object.keys(KINDS) : ['plain', 'kube', 'pair', 'healthy', 'service']

const unitOf = (kind: string): string => `${KINDS[kind]?.unit?.(kind) ?? kind}.service`

t.test('a bad image fills the disk', async t => {
  const site = await installed(
    'rootful',
    `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS="${NAMES.map(unitOf).join(' ')}"
WEBHOOK_STATE_DIR=${DISK}/state
WEBHOOK_SETTLE_SECS=6
WEBHOOK_HEALTH_TIMEOUT_SECS=15
`,
  )
  t.teardown(() => site.host.stop())
  await site.sh(`mkdir ${DISK}; mount -t tmpfs -o size=3m tmpfs ${DISK}`)
  // For every container of the host: as if its data were on that disk.
  await site.host.write(
    '/etc/containers/containers.conf.d/disk.conf',
    `[containers]\nvolumes=["${DISK}:${DISK}"]\n`,
  )
  const side = `${REGISTRY}/side:latest`
  const beside = await site.host.pushImage(side, { version: 'side', cmd: GOOD })
  for (const name of NAMES) {
    const kind = KINDS[name]
    if (kind === undefined) throw new Error(`there is no kind ${name}`)
    await t.test(name, async t => {
      const unit = unitOf(name)
      const image = `${REGISTRY}/${name}:latest`
      const mates = [kind.mate, kind.pair].includes(true) ? [`${name}-mate.service`] : []
      const good = await site.host.pushImage(image, { version: '1', cmd: GOOD })
      await writeUnit(site, kind, name, { image, side, scope: 'rootful' })
      await site.start(unit, ...mates)
      await site.host.pushImage(image, { version: 'fills', cmd: FILLS })
      const ended = site.program(`trigger ${unit} --json || true`)
      await site.host.waitFor('the disk to be full', () => site.sh(`test -s ${DISK}/filler`).then(() => true))
      const isBack = async () => {
        const ids = (await site.runs(unit)).split('\n')
        return ids.includes(good) && (await site.property(unit, 'ActiveState')) === 'active'
      }
      await site.host.waitFor('the image before', isBack)
      for (const mate of mates) {
        const runs = async () => (await site.runs(mate)) === (kind.mate === true ? beside : good)
        await site.host.waitFor('what lives beside it', runs)
      }
      // What a log beside a database had, which was open when the last byte was taken, may be free again.
      const free = Number(await site.sh(`df --output=avail ${DISK} | tail -n 1`))
      t.ok(free <= 16, `while the disk is full: ${free} kB are free`)
      await site.sh(`rm ${DISK}/filler`)
      matchAll(t, JSON.parse(await ended), [{ outcome: 'rolled-back', attempts: 1 }])
      t.ok(await isBack())
      await site.sh(`${site.systemctl} stop ${unit} ${mates.join(' ')}`)
    })
  }
})
