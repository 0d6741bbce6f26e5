// Restarts that get in each other's way, on a real manager: two members of a pod, a unit and the one it requires, a person
// beside us. None of them says anything about an image, so none may have an upgrade taken back, or left out.
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { installed, type Scope, TOKEN } from './site.js'

const REGISTRY = 'localhost:5000/together'
const image = (name: string): string => `${REGISTRY}/${name}:latest`

const ENV = `WEBHOOK_TOKEN=${TOKEN}
WEBHOOK_MANUAL_UNITS="duo-a duo-b web db"
WEBHOOK_SETTLE_SECS=3
WEBHOOK_LIMIT1_COUNT=1000
WEBHOOK_LIMIT2_COUNT=1000
WEBHOOK_AUTO_UPDATE_UNIT=none.service
`
const BAD = [
  ['its command is missing', ['/nonexistent']],
  ['it dies at once', ['sh', '-c', 'exit 3']],
] as const

/** How long after the first the second is asked for: while that is pulled, restarted, watched. */
const APART_MS = { rootful: [0, 700, 2000], rootless: [300] }

for (const scope of ['rootful', 'rootless'] as const satisfies Scope[]) {
  t.test(scope, async t => {
    const site = await installed(scope, ENV)
    t.teardown(() => site.host.stop())
    const push = (name: string, version: number) =>
      site.host.pushImage(image(name), { version: `${name} ${version}` })
    const trigger = async (unit: string): Promise<number> =>
      (await site.call('POST', `/api/v1/units/${unit}/trigger`)).body.tasks[0].id

    await site.write('containers/systemd/duo.pod', '[Pod]\nNetwork=none\n')
    for (const name of ['duo-a', 'duo-b', 'web', 'db']) await push(name, 0)
    for (const name of ['duo-a', 'duo-b']) await site.container(name, image(name), 'Pod=duo.pod\n')
    await site.container('db', image('db'))
    await site.container('web', image('web'), '[Unit]\nRequires=db.service\nAfter=db.service\n')
    await site.container('bound', image('web'), '[Unit]\nBindsTo=db.service\nAfter=db.service\n')
    await site.start('duo-pod', 'db', 'web', 'bound')

    for (const pair of [
      ['duo-a', 'duo-b'],
      ['db', 'web'],
      ['web', 'db'],
    ]) {
      await t.test(`${pair.join(' and ')} at once`, async t => {
        for (const apartMs of APART_MS[scope]) {
          const wanted = await Promise.all(pair.map(name => push(name, Date.now())))
          const ids: number[] = []
          for (const name of pair) {
            if (ids.length > 0) await pause(apartMs)
            ids.push(await trigger(name))
          }
          for (const id of ids) {
            const { unit, outcome, report } = await site.ended(id)
            t.equal(outcome, 'updated', `${unit}, ${apartMs} ms apart ${report?.why ?? ''}`)
          }
          for (const [index, name] of pair.entries())
            t.equal(await site.runs(`${name}.service`), wanted[index], `${name} runs the new image`)
        }
      })
    }

    for (const [way, cmd] of BAD) {
      await t.test(`${way}: db is rolled back, and who needs it is up again`, async t => {
        const ids = () => Promise.all(['web', 'bound'].map(name => site.runs(`${name}.service`)))
        const before = await ids()
        await site.host.pushImage(image('db'), { version: way, cmd })
        const { outcome, report } = await site.ended(await trigger('db'))
        t.equal(outcome, 'rolled-back', report?.why ?? '')
        for (const name of ['db', 'web', 'bound'])
          t.equal(await site.property(name, 'ActiveState'), 'active', `${name} is up`)
        t.strictSame(await ids(), before)
      })
    }

    await t.test('a person restarts the unit while it is watched', async t => {
      const wanted = await push('web', Date.now())
      const id = await trigger('web')
      await site.host.waitFor('the watch', async () =>
        (await site.tasks()).some(task => task.id === id && task.report?.step === 'watch'),
      )
      await site.sh(`${site.systemctl} restart web`)
      const { outcome, report } = await site.ended(id)
      t.equal(outcome, 'updated', report?.why ?? '')
      t.equal(await site.runs('web.service'), wanted)
    })
  })
}
