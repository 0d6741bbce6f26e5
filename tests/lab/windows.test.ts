// Maintenance windows by the clock of a real host: what is asked for too early waits for a timer of systemd, which opens the window;
// after a boot, which forgets that timer, the timer of ours makes it anew; and a person waits for nothing.
import t from 'tap'
import { installed, type Site, TOKEN } from './site.js'

const image = (name: string): string => `localhost:5000/acme/${name}:latest`
const OPENING_MS = 240_000

t.test('an upgrade waits for its window', async t => {
  const site = await installed('rootful', '')
  const { host } = site
  t.teardown(() => host.stop())
  for (const name of ['web', 'db']) {
    await host.pushImage(image(name), { version: '1' })
    const own = name === 'db' ? '\n[X-Webhook]\nX-Window=00:00-24:00\n' : ''
    await site.container(name, image(name), `\n[Install]\nWantedBy=multi-user.target\n${own}`)
  }
  await site.start('web', 'db')
  const opening = await site.sh("date -d '+2 minutes' +%H:%M")
  await configure(site, `${opening}-${await site.sh("date -d '+30 minutes' +%H:%M")}`)

  for (const name of ['web', 'db']) {
    await host.pushImage(image(name), { version: '2' })
    t.equal((await site.call('POST', `/api/v1/units/${name}/trigger`)).status, 202, name)
  }
  await host.waitFor('db, which is never closed', async () => (await version(site, 'db')) === '2')
  await host.waitFor('a timer', async () => (await timers(site)) === 1)
  t.match(await site.program('status'), new RegExp(`^web +ok .*waits for ${opening}`, 'm'))
  t.equal(await version(site, 'web'), '1')
  await host.waitFor('the opening', async () => (await version(site, 'web')) === '2', OPENING_MS)
  t.ok((await site.sh('date +%H:%M')) >= opening || opening.startsWith('23'), `not before ${opening}`)
  await host.waitFor('the timer to be gone', async () => (await timers(site)) === 0)

  await t.test('a boot forgets no task', async t => {
    const hours = (n: number) => site.sh(`date -d '+${n} hours' +%H:%M`)
    await configure(site, `${await hours(2)}-${await hours(3)}`)
    await host.pushImage(image('web'), { version: '3' })
    t.equal((await site.call('POST', '/api/v1/units/web/trigger')).status, 202)
    await host.waitFor('a timer', async () => (await timers(site)) === 1)
    await host.hardReset()
    t.equal(await timers(site), 0, 'it was a transient one')
    await site.sh(`${site.systemctl} start pod-upgrade-trigger.service`)
    t.equal(await timers(site), 1, 'and is there again')
    t.equal(await version(site, 'web'), '2', 'the timer of ours does not upgrade it either')
    await site.program('trigger web')
    t.equal(await version(site, 'web'), '3', 'a person does')
  })
})

const configure = (site: Site, window: string): Promise<void> =>
  site.write(
    'pod-upgrade-trigger/env',
    `WEBHOOK_TOKEN="${TOKEN}"\nWEBHOOK_MANUAL_UNITS="web db"\nWEBHOOK_SETTLE_SECS=1\nWEBHOOK_LIMIT1_COUNT=10\nWEBHOOK_AFTERCARE_SECS=0\nWEBHOOK_WINDOW="${window}"\n`,
    '600',
  )

const version = (site: Site, unit: string): Promise<string> =>
  site.sh(`podman exec systemd-${unit} cat /version || true`)

/** How many wake-ups systemd has of ours. */
const timers = async (site: Site): Promise<number> =>
  Number(await site.sh(`${site.systemctl} list-timers --no-legend 'pod-upgrade-trigger-window-*' | wc -l`))
