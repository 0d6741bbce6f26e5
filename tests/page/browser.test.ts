// The page as a browser shows it: for everybody (axe's rules, which also measure the contrast of colours), on a small screen, and
// under its own policy. PAGE_PICTURES=DIR keeps a picture of each.
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import type { Facts } from '../../lib/page/page.js'
import { pageResponse } from '../../lib/page/response.js'
import { Chromium, type View } from '../support/chromium.js'
import { EMPTY, HEALTHY, MANY, TROUBLE } from './facts.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PICTURES = process.env['PAGE_PICTURES']
if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true })

// That it refreshes can be switched off, as WCAG 2.2.1 wants it; axe looks at the page where it is.
const PAGES: Readonly<Record<string, Facts>> = {
  empty: EMPTY,
  healthy: HEALTHY,
  many: MANY,
  trouble: TROUBLE,
}
const VIEWS: Readonly<Record<string, View>> = {
  light: { width: 1200, dark: false },
  dark: { width: 1200, dark: true },
  'light-360': { width: 360, dark: false },
  'dark-360': { width: 360, dark: true },
}

const server = createServer((request, response) => {
  const [name = '', query = ''] = (request.url ?? '').slice(1).split('?')
  const facts = PAGES[name]
  const { status, headers, body } =
    facts === undefined
      ? { status: 404, headers: {}, body: '' }
      : pageResponse({ ...facts, refreshes: query === '' })
  response.writeHead(status, headers).end(body)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as { port: number }
const browser = await Chromium.start()
t.teardown(async () => {
  await browser.end()
  server.close()
})

for (const name of Object.keys(PAGES)) {
  for (const [kind, view] of Object.entries(VIEWS)) {
    t.test(`${name}, ${kind}: nothing keeps anybody from reading it`, async t => {
      const url = `http://127.0.0.1:${port}/${name}?refresh=no`
      await browser.open(url, view)
      const width = await browser.evaluate('document.documentElement.scrollWidth')
      t.equal(width, view.width, 'it is no wider than the screen')
      t.strictSame(
        browser.said.filter(({ asks }) => asks !== undefined && asks !== 'data:,'),
        [{ asks: url }],
        'nothing else is asked for',
      )
      t.notMatch(JSON.stringify(browser.said), /style/, 'its style is what its policy allows')
      if (PICTURES !== undefined)
        writeFileSync(join(PICTURES, `${name}-${kind}.png`), await browser.screenshot())
      if (name === 'many' && kind !== 'light-360') return // there is nothing in it that the others do not have
      const found = await browser.evaluate(
        `${AXE};axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
      )
      t.strictSame(found, [], 'no rule of axe is broken')
    })
  }
}

t.test('the policy of the page is what makes a stray script harmless', async t => {
  await browser.open(`http://127.0.0.1:${port}/trouble`, VIEWS['light']!)
  await browser.evaluate(
    `const it = document.createElement('script'); it.textContent = 'window.ran = true'; document.body.append(it)`,
  )
  t.equal(await browser.evaluate('window.ran === undefined'), true)
  t.match(JSON.stringify(browser.said), /Content Security Policy/)
  t.match(await browser.evaluate('document.querySelector("meta[http-equiv]").content'), '60')
})
