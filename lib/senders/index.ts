// The senders that are understood. A new one is its file, a line here, and a folder in fixtures/senders/.
import { github } from './github.js'
import type { Sender } from './sender.js'

export const SENDERS: readonly Sender[] = [github]
