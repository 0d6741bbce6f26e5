// What is asked on a terminal. Each question has an answer that Enter gives; without a terminal, and with --yes, all have that one.
import { createInterface } from 'node:readline/promises'

export interface Questions {
  /** Gives what was typed, or `usual` where that is nothing. */
  text(question: string, usual: string): Promise<string>
  yes(question: string): Promise<boolean>
  close(): void
}

export const unasked: Questions = {
  text: async (_, usual) => usual,
  yes: async () => true,
  close: () => {},
}

/** On the terminal. The end of input is no answer, and throws AbortError. */
export function onTerminal(): Questions {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new AbortController()
  terminal.on('close', () => ended.abort())
  const ask = (question: string) => terminal.question(question, { signal: ended.signal })
  return {
    text: async (question, usual) =>
      (await ask(`${question}${usual === '' ? '' : ` [${usual}]`}: `)).trim() || usual,
    yes: async question => !/^n/i.test((await ask(`${question} [Y/n]: `)).trim()),
    close: () => terminal.close(),
  }
}
