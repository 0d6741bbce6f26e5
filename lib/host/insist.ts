// A question that gets no answer is no answer: after a restart a podman or a manager that is busy is asked again.
import { setTimeout as sleep } from 'node:timers/promises'
import { asCommandFailed, type CommandFailed } from '../errors.js'

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 5000

/**
 * Does the work, again and again for `limitMs` where a program fails; then throws what the last try threw. What `isAnswer` says
 * is an answer is thrown at once; so is a bug, and the reason of the signal.
 */
export async function insist<T>(
  signal: AbortSignal,
  limitMs: number,
  work: () => Promise<T>,
  isAnswer: (failure: CommandFailed) => boolean = () => false,
): Promise<T> {
  const end = performance.now() + limitMs
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await work()
    } catch (error) {
      const failure = asCommandFailed(error, signal)
      if (isAnswer(failure) || performance.now() + delayMs > end) throw failure
      await sleep(delayMs, undefined, { signal })
    }
  }
}

/** For insist: a program that was killed has said nothing, any exit status is its answer. */
export const hasExited = ({ code }: CommandFailed): boolean => code !== undefined

/** Each to its end, also where another fails: what was begun for a task must not go on after it. */
export async function toTheEnd<T extends readonly unknown[] | []>(
  all: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(all)
  return Promise.all(all)
}
