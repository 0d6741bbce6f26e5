// What a session with the state directory gives: its databases, each opened when it is first asked for (session.ts).
import type { Db } from './files/database.js'

export interface Store {
  /** event_log and tasks. */
  readonly events: Db
  /** The windows of /auto-update and of the API. */
  readonly rateLimits: Db
  /** An image's own window and history. */
  image(reference: string): Db
  /** The same, by the name of its file. */
  imageFile(name: string): Db
}
