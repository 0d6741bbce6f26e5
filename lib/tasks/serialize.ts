// Pure: rows as the API and --json give them: with the names of the columns, and the path of more.
import type { Config } from '../config/config.js'
import { hookUrls } from '../senders/hook-urls.js'
import type { StoredEvent } from '../store/events.js'
import type { Task } from '../store/tasks.js'
import type { KnownUnit } from '../targets/match.js'

const named = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.replace(/[A-Z]/g, snake), value]))

const snake = (capital: string): string => `_${capital.toLowerCase()}`

export const taskUrl = ({ id }: Task): string => `/api/v1/tasks/${id}`

export const serializeTask = (task: Task): object => ({ ...named(task), url: taskUrl(task) })

export const serializeEvent = (event: StoredEvent): object => named(event)

export const serializeUnit = (
  { pin, ...known }: KnownUnit,
  config: Pick<Config, 'senders' | 'publicUrl'>,
): object => ({
  ...named(known),
  ...(pin && { pin: named({ ...pin, others: undefined }) }),
  hooks: hookUrls(known.unit, config),
})
