// Pure: the text of a drop-in that keeps a unit on an image. lib/targets/pin.ts reads it.
import type { Command, UnitCommands } from '../../host/unit-commands.js'
import type { Pin } from '../../targets/pin.js'

/** `condition` is run first, at each start. */
export function formatDropIn(
  unit: string,
  { start, before, condition }: UnitCommands & { readonly condition: Command },
  pin: Pin,
): string {
  const why =
    pin.hold === undefined
      ? `The newest ${pin.image} did not run well, so this unit stays on the image before, until a good one is pushed.`
      : 'A person holds this unit on the image that it ran.'
  const facts = {
    Image: pin.image,
    KeptId: pin.keptId,
    BadId: pin.badId,
    Hold: pin.hold,
    MadeFrom: pin.madeFrom,
  }
  const lines = [
    `# Written by pod-upgrade-trigger. ${why}`,
    `# To follow the tag again: pod-upgrade-trigger release ${unit.replace(/\.service$/, '')}`,
    '[X-PodUpgradeTrigger]',
    ...Object.entries(facts).flatMap(([name, value]) =>
      value === undefined ? [] : [`X-${name}=${value.replace(/\s+/g, ' ')}`],
    ),
    ...(pin.others ?? []).map(([reference, id]) => `X-Other=${reference} ${id}`),
    '[Service]',
    `ExecCondition=${formatCommand(condition)}`,
    'ExecStartPre=',
    ...before.map(command => `ExecStartPre=${formatCommand(command)}`),
    'ExecStart=',
    ...start.map(command => `ExecStart=${formatCommand(command)}`),
    '# end', // what is missing it was cut short
  ]
  return `${lines.join('\n')}\n`
}

const PREFIX: Readonly<Record<string, string>> = {
  'ignore-failure': '-',
  'no-env-expand': ':',
  privileged: '+',
  'no-setuid': '!',
  ambient: '!!',
}

/** As systemd.service(5) reads it: words quoted, `%` doubled, since specifiers are expanded again; `$` is left alone. */
export function formatCommand({ path, words, flags }: Command): string {
  const prefix = flags.map(flag => PREFIX[flag] ?? '').join('')
  const [name = path, ...rest] = words
  const program = name === path ? [path] : [`@${path}`, name]
  const [first = '', ...others] = [...program, ...rest].map(quote)
  return [prefix + first, ...others].join(' ')
}

function quote(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
  return /^[A-Za-z0-9@%+=:,./_-][A-Za-z0-9@%+=:,./_${}-]*$/.test(word) ? escaped : `"${escaped}"`
}
