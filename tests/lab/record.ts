// Records what README.md shows of a run: a terminal on a real host of the lab, in which --all is looked at and done, and the page
// afterwards. Writes fixtures/pictures/all.txt, which README.md repeats, all.svg, which plays it, and page.png. As root:
//   node --import=@tapjs/typescript/import tests/lab/record.ts
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Chromium } from '../support/chromium.js'
import { installed, type Site } from './site.js'

const PICTURES = new URL('../../fixtures/pictures/', import.meta.url)
const TOKEN = 'token-of-the-pictures'
const ENV = `WEBHOOK_TOKEN=${TOKEN}\nWEBHOOK_MANUAL_UNITS="web blog worker db"\nWEBHOOK_SETTLE_SECS=2\n`
const COMMANDS = ['pod-upgrade-trigger --all --dry-run', 'pod-upgrade-trigger --all']
const TYPED_SECS = 1
const ANEW = '\r\u001b[K' // as lib/order.ts writes it

/** What stood on the terminal, from when, and until when where it was written over. */
interface Line {
  readonly text: string
  readonly row: number
  readonly from: number
  readonly until?: number
}

/** One unit is to be upgraded, one is as it was, one has a bad new image, one is stopped. */
async function prepare(site: Site): Promise<void> {
  const mirror = '[[registry]]\nprefix = "ghcr.io"\nlocation = "localhost:5000"\ninsecure = true\n'
  await site.write('containers/registries.conf.d/ghcr.conf', mirror)
  const push = (name: string, version: string, cmd?: string[]) =>
    site.host.pushImage(`localhost:5000/you/${name}:latest`, {
      version: `${name} ${version}`,
      ...(cmd && { cmd }),
    })
  for (const name of ['web', 'blog', 'worker', 'db']) {
    await push(name, '1')
    await site.container(name, `ghcr.io/you/${name}:latest`)
  }
  await site.start('web', 'blog', 'worker')
  await push('web', '2')
  await push('worker', '2', ['sh', '-c', 'sleep 1; exit 3'])
}

/** Runs the commands in a terminal. Gives what it showed, in pieces with the seconds before each. */
async function record(site: Site): Promise<readonly (readonly [secs: number, text: string])[]> {
  const typed = COMMANDS.map(
    command => `printf '$ %s\\n' '${command}'; sleep ${TYPED_SECS}; ${command} || true; echo`,
  )
  await site.host.write('/root/typed', typed.join('\n'))
  await site.sh(
    'script --quiet --log-out /root/out --log-timing /root/timing --command "stty cols 100; sh /root/typed" >/dev/null',
  )
  const out = Buffer.from(await site.sh('base64 -w0 /root/out'), 'base64')
  const timing = await site.sh('cat /root/timing')
  let at = out.indexOf('\n') + 1 // script begins with a line of its own
  return timing.split('\n').map(line => {
    const [secs, bytes] = line.split(' ').map(Number)
    const text = out.toString('utf8', at, at + (bytes ?? 0))
    at += bytes ?? 0
    return [secs ?? 0, text] as const
  })
}

/** Understands the one thing that the program does with a terminal: to begin its line anew. */
function linesOf(pieces: readonly (readonly [secs: number, text: string])[]): Line[] {
  const lines: Line[] = []
  let [now, row, text, from] = [0, 0, '', 0]
  for (const [secs, piece] of pieces) {
    now += secs
    for (const part of piece
      .replaceAll('\r\n', '\n')
      .replaceAll(ANEW, '\r')
      .split(/([\n\r])/)) {
      if (part === '\n') lines.push({ text, row: row++, from })
      else if (part === '\r') lines.push({ text, row, from, until: now })
      else if (part !== '') [text, from] = [text + part, text === '' ? now : from]
      if (part === '\n' || part === '\r') text = ''
    }
  }
  return lines
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Where nothing is animated, it shows the end. */
function svg(lines: readonly Line[]): string {
  const last = lines.filter(({ until }) => until === undefined)
  const width = Math.max(...last.map(({ text }) => text.length)) * 8.43 + 32
  const height = last.length * 20 + 24
  const told = lines.map(({ text, row, from, until = Number.POSITIVE_INFINITY }) => {
    const stays = until === Number.POSITIVE_INFINITY
    const times = `animation-delay:${from.toFixed(2)}s${stays ? '' : `;animation-duration:${(until - from).toFixed(2)}s`}`
    const kind = `${stays ? 'stays' : 'goes'}${text.startsWith('$ ') ? ' typed' : ''}`
    return `<text x="16" y="${row * 20 + 26}" class="${kind}" style="${times}">${escaped(text)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${Math.ceil(width)} ${height}" width="${Math.ceil(width)}" height="${height}">
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #e6edf3 }
.typed { fill: #7ee787 }
.goes { opacity: 0 }
@media (prefers-reduced-motion: no-preference) {
.stays { animation: stays 10ms both }
.goes { animation: goes 1s }
}
@keyframes stays { from { opacity: 0 } }
@keyframes goes { from, to { opacity: 1 } }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${told.join('\n')}
</svg>
`
}

/** The page as a browser shows it. */
async function picture(site: Site): Promise<Buffer> {
  await site.sh(`${site.systemctl} enable --now pod-upgrade-trigger.timer`)
  const looks = async () => (await site.property('pod-upgrade-trigger.service', 'ActiveState')) !== 'inactive'
  await site.host.waitFor('its first look to end', async () => !(await looks()))
  const html = await site.sh(`curl -sSf -u me:${TOKEN} http://127.0.0.1:9787/`)
  const dir = mkdtempSync(join(tmpdir(), 'pod-upgrade-trigger-page-'))
  const browser = await Chromium.start()
  try {
    writeFileSync(join(dir, 'page.html'), html)
    await browser.open(String(pathToFileURL(join(dir, 'page.html'))), { width: 1000, dark: false })
    return await browser.screenshot()
  } finally {
    await browser.end()
    rmSync(dir, { recursive: true })
  }
}

const site = await installed('rootful', ENV)
try {
  await prepare(site)
  const lines = linesOf(await record(site))
  while (lines.at(-1)?.text === '') lines.pop()
  const shown = lines.filter(({ until }) => until === undefined).map(({ text }) => `${text}\n`)
  writeFileSync(new URL('all.txt', PICTURES), shown.join(''))
  writeFileSync(new URL('all.svg', PICTURES), svg(lines))
  writeFileSync(new URL('page.png', PICTURES), await picture(site))
} finally {
  await site.host.stop()
}
