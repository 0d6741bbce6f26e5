// What is pulled is what the unit would run: with the options and the environment of its own definition, for its own platform.
import { matchAll } from '../support/match-all.js'
import { run } from '../support/program.js'
import { journey, type World } from '../support/world.js'

const UNIT = 'web.service'
const IMAGE = 'ghcr.io/acme/web:latest'
const OLD = '0'.repeat(64)
const NEW = '1'.repeat(64)
const NO_QUADLET = { WEBHOOK_QUADLET_GENERATOR: '/bin/true' }

function unit(world: World, options: string): void {
  world.setUnit(UNIT, IMAGE, OLD)
  world.setRegistry(IMAGE, NEW)
  world.fake(`units/${UNIT}/command`, `/usr/bin/podman run ${options} --name web -d ${IMAGE}`)
}

journey(
  'the architecture, TLS and credentials of the unit were not heeded',
  async (t, world) => {
    unit(world, '--arch arm64 --tls-verify=false')
    world.fake(`units/${UNIT}/environment`, '"TAG=1","REGISTRY_AUTH_FILE=/nowhere"')
    world.fake(`units/${UNIT}/environment-file`, 'REGISTRY_AUTH_FILE="/etc/web/auth.json"\n')
    await run(world, 'web')
    matchAll(t, world.tasks(), [{ outcome: 'updated' }])
    t.strictSame(world.calls('podman pull'), [
      `podman pull --quiet --arch=arm64 --tls-verify=false -- ${IMAGE}`,
    ])
    t.equal(world.read('pull-environment'), 'REGISTRY_AUTH_FILE=/etc/web/auth.json\n', 'the file wins')
  },
  NO_QUADLET,
)

journey(
  'a password on a command line is refused before anything is touched',
  async (t, world) => {
    unit(world, '--creds=me:hidden')
    await run(world, 'web')
    matchAll(t, world.tasks(), [{ outcome: 'failed', report: { why: /Creds=.*use AuthFile=/ } }])
    t.strictSame([...world.calls('podman pull'), ...world.calls('systemctl restart')], [])
    t.notMatch(world.said(), 'hidden')
  },
  NO_QUADLET,
)

journey(
  'a unit whose start never asks a registry was given an image from one',
  async (t, world) => {
    unit(world, '--pull=never')
    await run(world, 'web')
    matchAll(t, world.tasks(), [{ outcome: 'unchanged' }])
    t.strictSame(world.calls('podman pull'), [])
  },
  NO_QUADLET,
)

journey(
  'an image for another platform was run in place of one for this host',
  async (t, world) => {
    unit(world, '')
    world.fake(`platform-${NEW}`, 'linux/arm64')
    await run(world, 'web')
    const why = 'the image that was pulled is for linux/arm64, and what runs is for linux/amd64'
    matchAll(t, world.tasks(), [{ outcome: 'failed', report: { why } }])
    t.strictSame(world.calls('systemctl restart'), [])
    t.equal(world.read(`local/${IMAGE.replaceAll('/', '%')}`).trim(), OLD, 'the tag is as it was')
  },
  NO_QUADLET,
)

journey('a short name is what podman has resolved it to for the container', async (t, world) => {
  const full = 'quay.io/team/shop:latest'
  world.setUnit(UNIT, 'shop', OLD)
  world.fake('resolved', full)
  world.setRegistry(full, NEW)
  world.fake(`local/${full.replaceAll('/', '%')}`, OLD)
  matchAll(t, world.cli('units'), [{ unit: UNIT, image: full }])
  world.fake(`units/${UNIT}/bad-${NEW}`, 'failed\n')
  await run(world, 'web')
  matchAll(t, world.tasks(), [{ outcome: 'rolled-back', image: full }])
  t.strictSame(world.calls('podman pull'), [`podman pull --quiet -- ${full}`])
  t.equal(world.running(UNIT), OLD, 'its command line, which has the short name, was pinned')
  matchAll(t, world.cli('units'), [{ unit: UNIT, image: full, pin: { kept_id: OLD } }])
})

journey('a variable of the manager is one of each of its units', async (t, world) => {
  const image = 'ghcr.io/acme/web:stable'
  world.setUnit(UNIT, `ghcr.io/acme/web:\${TAG}`, OLD)
  world.fake(`local/${image.replaceAll('/', '%')}`, OLD)
  world.setRegistry(image, OLD)
  world.fake('manager-environment', '"LANG=C","TAG=stable"')
  matchAll(t, world.cli('units'), [{ unit: UNIT, image }])
})

journey('a container in the storage of another user was restarted in vain', async (t, world) => {
  world.setUnit(UNIT, IMAGE, '')
  world.fake(
    `units/${UNIT}/elsewhere`,
    `["/system.slice/${UNIT}",${process.pid},"/usr/bin/conmon -c theirs -u theirs"]`,
  )
  world.setRegistry(IMAGE, NEW)
  await run(world, 'web')
  matchAll(t, world.tasks(), [{ outcome: 'failed', report: { why: /another storage \(User=, --root\)/ } }])
  t.strictSame([...world.calls('podman pull'), ...world.calls('systemctl restart')], [])
})
