// Pure: how a unit is, in a word, from what the manager, podman and the records say of it; what is wrong comes first.
import { isUp } from '../active-state.js'
import type { Container } from '../host/podman.js'
import type { UnitState } from '../host/unit-state.js'
import type { Task } from '../store/tasks.js'
import type { KnownUnit } from '../targets/match.js'

export interface Seen {
  readonly known: KnownUnit
  readonly state: Pick<
    UnitState,
    'LoadState' | 'ActiveState' | 'Result' | 'Type' | 'RemainAfterExit' | 'TriggeredBy'
  >
  /** The unit's main one. */
  readonly container: Container | undefined
  /** The newest that has ended. */
  readonly last: Task | undefined
  /** When the maintenance window opens that a task waits for. */
  readonly waitsUntilMs: number | undefined
}

/** In the order in which they are shown. */
export const WORDS = [
  'missing',
  'failed',
  'unhealthy',
  'down',
  'rolled back',
  'held',
  'starting',
  'staged',
  'idle',
  'ok',
] as const

export type Word = (typeof WORDS)[number]

export interface UnitStatus {
  readonly unit: string
  readonly word: Word
  /** What it follows. */
  readonly image: string | undefined
  readonly runs: string | undefined
  readonly sinceMs: number | undefined
  readonly last: Task | undefined
  readonly waitsUntilMs: number | undefined
  /** A sentence on the word, where there is one. */
  readonly why: string | undefined
}

export function judgeUnits(seen: readonly Seen[]): readonly UnitStatus[] {
  const rank = ({ word }: UnitStatus) => WORDS.indexOf(word)
  return seen.map(judge).sort((one, other) => rank(one) - rank(other))
}

function judge(seen: Seen): UnitStatus {
  const { known, state, container, last, waitsUntilMs } = seen
  const word = wordOf(seen)
  return {
    unit: known.unit,
    word,
    image: known.image,
    runs: container?.imageId,
    sinceMs: container?.state === 'running' && container.startedMs > 0 ? container.startedMs : undefined,
    last,
    waitsUntilMs,
    why: known.pin?.hold ?? (word === 'failed' ? state.Result : undefined),
  }
}

function wordOf({ known: { pin }, state, container, last }: Seen): Word {
  if (state.LoadState === 'not-found') return 'missing'
  if (state.ActiveState === 'failed') return 'failed'
  if (state.ActiveState === 'activating') return 'starting'
  if (!isUp(state.ActiveState))
    return !isMeantToBeDown(state) ? 'down' : last?.outcome === 'staged' ? 'staged' : 'idle'
  if (container?.health === 'unhealthy') return 'unhealthy'
  if (pin?.hold !== undefined) return 'held'
  if (pin?.badId !== undefined) return 'rolled back'
  return container?.health === 'starting' ? 'starting' : 'ok'
}

/** At times: it ends by itself, or something else starts it. */
const isMeantToBeDown = ({ Type, RemainAfterExit, TriggeredBy }: Seen['state']): boolean =>
  Type === 'oneshot' || RemainAfterExit === 'yes' || /\.(timer|path|socket)\b/.test(TriggeredBy)
