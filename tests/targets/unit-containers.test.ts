// Whose container it is. What only waits in a pod or for a .kube unit is the unit's too, but not what it is for.
import t from 'tap'
import { chooseContainers, mainContainer } from '../../lib/targets/unit-containers.js'

const container = {
  id: 'c',
  name: 'n',
  image: 'ghcr.io/acme/app:latest',
  imageId: 'i',
  state: 'running',
  health: '',
  startedMs: 0,
  restarts: 0,
  pod: '',
  infra: false,
  claimedUnit: 'stack.service',
}

t.test('a container is of the unit in which its monitor runs, whatever its label says', async t => {
  const all = [
    { ...container, id: 'stranger' },
    { ...container, id: 'own', claimedUnit: '' },
  ]
  const own = chooseContainers(new Set(['own']), all)
  t.strictSame(
    own.map(({ id }) => id),
    ['own'],
  )
})

t.test('of a .kube unit: those that wait, those that run, and those of its pod that have ended', async t => {
  const all = [
    { ...container, id: 'service', image: 'localhost/podman-pause:5.4.2-0' },
    { ...container, id: 'infra', image: '', infra: true, pod: 'p' },
    { ...container, id: 'app', pod: 'p' },
    { ...container, id: 'ended', pod: 'p', state: 'exited' },
    { ...container, id: 'guest', pod: 'p' },
    { ...container, id: 'elsewhere', pod: 'q', state: 'exited' },
  ]
  const own = chooseContainers(new Set(['service', 'infra', 'app']), all)
  t.strictSame(
    own.map(({ id }) => id),
    ['service', 'infra', 'app', 'ended'],
  )
  t.equal(mainContainer(own)?.id, 'app')
})

t.test('a pod has no container that it is for', async t => {
  t.equal(mainContainer([{ ...container, image: '', infra: true, pod: 'p' }]), undefined)
})
