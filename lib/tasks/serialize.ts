// Pure: rows as the API and --json give them: with the names of the columns, and the path of more.
import type { StoredEvent } from '../store/events.js'
import type { Task } from '../store/tasks.js'
import { hookUrl, type KnownUnit } from '../targets/match.js'

const named = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replace(/[A-Z]/g, snake), value]))

const snake = (capital: string): string => `_${capital.toLowerCase()}`

export const taskUrl = ({ id }: Task): string => `/api/v1/tasks/${id}`

export const serializeTask = (task: Task): object => ({ ...named(task), url: taskUrl(task) })

export const serializeEvent = (event: StoredEvent): object => named(event)

export const serializeUnit = ({ pin, ...known }: KnownUnit, publicUrl: string | undefined): object => ({
  ...named(known),
  ...(pin && { pin: named({ ...pin, others: undefined }) }),
  hook: hookUrl(known.unit, publicUrl),
})
