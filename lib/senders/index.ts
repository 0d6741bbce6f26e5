// Pure: the senders that are understood, by their word in the path: /hooks/<name>. A new one is its file, a line here, and a
// folder in fixtures/senders/. Each is loaded only when a request is for it.
import type { Sender } from './sender.js'

export const SENDERS = {
  github: async (): Promise<Sender> => (await import('./github.js')).github,
} as const

export type SenderName = keyof typeof SENDERS

export const isSender = (name: string | undefined): name is SenderName =>
  name !== undefined && Object.hasOwn(SENDERS, name)
