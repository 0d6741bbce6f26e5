// `make demo` as root on a machine where no podman or no service manager answers: the same demo, on a host of the lab.
import { bootHost } from './host.js'
import { rootfs } from './rootfs.js'

const TICK_MS = process.stdout.isTTY ? 1000 : 10_000

/** Says how long it is taking, while it is. */
async function shown<Result>(what: string, work: Promise<Result>): Promise<Result> {
  console.log(what)
  const began = Date.now()
  const secs = (): string => `  ${Math.round((Date.now() - began) / 1000)} s`
  const ticking = setInterval(
    () => process.stdout.write(process.stdout.isTTY ? `\r${secs()}` : `${secs()}\n`),
    TICK_MS,
  )
  try {
    return await work
  } finally {
    clearInterval(ticking)
    process.stdout.write(process.stdout.isTTY ? `\r${secs()}\n` : `${secs()}\n`)
  }
}

async function demo(): Promise<number> {
  console.log(
    'Here no podman or no service manager answers, so the demo gets a host: Debian 13, in systemd-nspawn.',
  )
  await shown('Its file system (the first time it takes about a minute, and 200 MB to fetch):', rootfs())
  const host = await shown('Its boot:', bootHost())
  try {
    const { code } = await host.run(['node', '/src/fixtures/demo/demo.mjs'], {
      env: process.stdout.isTTY ? { DEMO_BOLD: '1' } : {},
      onOutput: text => process.stdout.write(text),
    })
    return code
  } finally {
    await host.stop()
  }
}

try {
  process.exitCode = await demo()
} catch (error) {
  console.error(
    `make demo: no host runs here, so try it where podman and systemd do: ${(error as Error).message}`,
  )
  process.exitCode = 1
}
