// node answer.mjs COMMAND ANSWER…: a person at a terminal, who types one answer for each question that COMMAND asks, and ends the input
// where there is one more. Prints what the terminal showed, and exits as the command did. Runs on hosts of the lab too.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const [command, ...answers] = process.argv.slice(2)
const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
let shown = ''
let answered
terminal.stdout.setEncoding('utf8').on('data', text => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor of a terminal
  shown += text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replaceAll('\r', '')
  const question = shown.slice(shown.lastIndexOf('\n') + 1)
  // A terminal may draw the same one again.
  if (!question.endsWith(': ') || (answered !== undefined && question.endsWith(answered))) return
  answered = question
  terminal.stdin.write(answers.length === 0 ? '\u0004' : `${answers.shift()}\r`)
})
const [code] = await once(terminal, 'close')
process.stdout.write(shown)
process.exitCode = code ?? 1
