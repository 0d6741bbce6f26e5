// What a line becomes in a real shell on a real terminal, when Tab is pressed at its end.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SHARE = join(import.meta.dirname, '../../units/share')
const TAB = '\t'
const SHOW = '\x18' // Ctrl-X, which the shells below are told to answer with the line

const SHELLS = {
  bash: {
    start: (dir: string) => `bash --noprofile --rcfile ${dir}/rc -i`,
    rc: `. /usr/share/bash-completion/bash_completion
bind 'set bell-style none'
bind -x '"\\C-x": printf "<%s>\\n" "$READLINE_LINE"; exit'`,
    env: { BASH_COMPLETION_USER_DIR: `${SHARE}/bash-completion` },
  },
  zsh: {
    start: (dir: string) => `env ZDOTDIR=${dir} zsh -d -i`,
    rc: `fpath=(${SHARE}/zsh/site-functions $fpath)
autoload -U compinit && compinit -D -u
show() { print -r -- "<$BUFFER>"; exit }
zle -N show && bindkey '^X' show`,
    env: {},
  },
} as const

/** `path` is where the program is found, `login` what SHELL says; `dir` may be written to. */
export function completed(
  shell: keyof typeof SHELLS,
  line: string,
  path: string,
  login: string,
  dir: string,
) {
  const { start, rc, env } = SHELLS[shell]
  for (const name of ['rc', '.zshrc']) writeFileSync(join(dir, name), `PS1='$ '\n${rc}\n`)
  const terminal = execFileSync('script', ['-qec', start(dir), '/dev/null'], {
    env: { PATH: `${path}:/usr/bin:/bin`, HOME: dir, TERM: 'dumb', SHELL: login, ...env },
    input: `${line}${TAB}${SHOW}`,
    encoding: 'utf8',
    timeout: 30_000,
  })
  return /<(.*)>/.exec(terminal)?.[1] ?? terminal
}
