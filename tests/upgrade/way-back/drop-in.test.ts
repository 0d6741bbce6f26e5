// A command line as systemd reads it back: the words have to survive its quoting, its specifiers and its variables.
import t from 'tap'
import { formatCommand } from '../../../lib/upgrade/way-back/drop-in.js'

const words = (...all: string[]) => ({
  path: '/usr/bin/podman',
  words: ['/usr/bin/podman', ...all],
  flags: [],
})

for (const [why, command, expected] of [
  ['plain words', words('run', '-d', 'web:latest'), '/usr/bin/podman run -d web:latest'],
  ['a space', words('-e', 'A=b c'), '/usr/bin/podman -e "A=b c"'],
  ['an empty word', words(''), '/usr/bin/podman ""'],
  ['quotes and backslashes', words('a"b\\c'), '/usr/bin/podman "a\\"b\\\\c"'],
  ['a specifier was expanded once: a % is a %', words('50%', '%i'), '/usr/bin/podman 50%% %%i'],
  [
    'a variable is left for the start',
    words('$HOME', `$${'{X}'}/y`, '$$'),
    `/usr/bin/podman "$HOME" "$${'{X}'}/y" "$$"`,
  ],
  ['a semicolon would begin another command', words(';'), '/usr/bin/podman ";"'],
  ['a comment is none', words('#x'), '/usr/bin/podman "#x"'],
  ['a line break', words('a\nb\tc'), '/usr/bin/podman "a\\nb\\tc"'],
  ['another name', { path: '/bin/busybox', words: ['sh', '-c', 'x'], flags: [] }, '@/bin/busybox sh -c x'],
  ['prefixes', { ...words('run'), flags: ['ignore-failure', 'privileged'] }, '-+/usr/bin/podman run'],
] as const) {
  t.test(why, async t => {
    t.equal(formatCommand(command), expected)
  })
}
