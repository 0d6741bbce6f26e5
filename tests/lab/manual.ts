// README.md and its pages as somebody follows them: the numbered steps of a section with the lines of their shell blocks, and the
// blocks of other sections. Where a step has two shell blocks the first is for root's containers, the second for a user's
// own, as the README says; no block is left out.
import { section } from '../support/manual.js'
import type { Host } from './host.js'
import type { Scope } from './site.js'

export { section }

export interface Step {
  readonly title: string
  readonly text: string
  /** To be typed as they are, one after another, for the one scope. */
  readonly scripts: readonly string[]
}

/** The fenced blocks of one language, without the indentation that they have in a list. */
export function blocks(text: string, language: string): string[] {
  const fences = text.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)
  const own = [...fences].filter(([, , said]) => said === language)
  return own.map(([, indent = '', , code = '']) => code.replace(new RegExp(`^${indent}`, 'gm'), ''))
}

/** The one block of a language that holds `words`. */
export function block(text: string, language: string, words = ''): string {
  const [found, ...more] = blocks(text, language).filter(code => code.includes(words))
  if (found === undefined || more.length > 0)
    throw new Error(`the manual should have one ${language} block with "${words}" there`)
  return found
}

export function steps(scope: Scope, heading: string): Step[] {
  const [, ...texts] = section(heading).split(/^(?=\d+\. \*\*)/m)
  return texts.map(text => {
    const title = /\*\*(.+?)[.*,]/.exec(text)?.[1] ?? ''
    const all = blocks(text, 'sh')
    if (all.length > 2) throw new Error(`step "${title}" has ${all.length} shell blocks: which is for whom?`)
    return { title, text, scripts: all.length < 2 ? all : [all[scope === 'rootful' ? 0 : 1] ?? ''] }
  })
}

/** "For your own containers leave out `sudo`, …": a command of root's as a user types it. */
export const asTold = (scope: Scope, script: string): string =>
  scope === 'rootful'
    ? script
    : script
        .replaceAll('sudo ', '')
        .replaceAll('/etc/', '~/.config/')
        .replace(/\b(systemctl|journalctl) /g, '$1 --user ')

// A login of alice's own, as over ssh: who only becomes her has no session, without which she may not even linger.
const LOGIN =
  'systemd-run --quiet --pipe --wait --collect --uid=alice --property=PAMName=login --service-type=exec'

/** One login shell after another, each where the last one was; ends where a line fails. Gives what it printed. */
export async function type(host: Host, script: string, env: Record<string, string> = {}): Promise<string> {
  const where = `trap 'pwd >~/.where' EXIT; cd "$(cat ~/.where 2>/dev/null || echo ~)"; set -e\n`
  await host.write('/home/alice/.typed', where + script, { user: 'alice' })
  const given = Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`)
  const { code, stdout, stderr } = await host.run([
    ...LOGIN.split(' '),
    ...given,
    'bash',
    '-l',
    '/home/alice/.typed',
  ])
  if (code === 0) return stdout + stderr
  const said = `exit status ${code} of the manual's\n${script}\n${stdout}\n${stderr}`
  throw new Error(`${said}\n${await host.journal()}`)
}
