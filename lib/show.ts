// Rows as programs see them, the same from the API and from --json: under the names of the columns, and with the path at
// which to ask for more.
import { hookUrl, type KnownUnit } from './match.js'
import type { StoredEvent } from './store/events.js'
import type { Task } from './store/tasks.js'

const named = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replace(/[A-Z]/g, snake), value]))

const snake = (capital: string): string => `_${capital.toLowerCase()}`

export const taskUrl = ({ id }: Task): string => `/api/v1/tasks/${id}`

export const showTask = (task: Task): object => ({ ...named(task), url: taskUrl(task) })

export const showEvent = (event: StoredEvent): object => named(event)

export const showUnit = (known: KnownUnit, publicUrl: string | undefined): object => ({
  ...named(known),
  hook: hookUrl(known.unit, publicUrl),
})
