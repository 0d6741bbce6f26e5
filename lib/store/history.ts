// What is remembered of one image, in its own file: the upgrades it went through.
import type { Row } from './files/database.js'
import { type ImageState, keyOf, type Outcome, type Report } from './report.js'
import type { Store } from './store.js'

export interface Upgrade {
  readonly ts: number
  readonly unit: string
  readonly taskId: number
  readonly outcome: Outcome
  readonly report: Report
}

export function insertUpgrade(
  store: Store,
  image: string,
  { ts, unit, taskId, outcome, report }: Upgrade,
): void {
  store.image(image).run(
    `insert into history (ts, unit, task_id, outcome, old_image_id, new_image_id, old_digest, new_digest)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ts,
      unit,
      taskId,
      outcome,
      report.old?.id ?? null,
      report.new?.id ?? null,
      report.old?.digest ?? null,
      report.new?.digest ?? null,
    ],
  )
}

/**
 * New images that did not keep the unit running are not tried again for it until a tag moves, or by force; nor are they for its
 * mates. Those that did are not bad any more.
 */
export function rememberVerdict(
  store: Store,
  image: string,
  { ts, unit, outcome, report: { new: tried, mates = [], hold, why = '' } }: Upgrade,
): void {
  if (tried === undefined) return
  if (outcome === 'updated') forgetBad(store, image, unit, keyOf(tried))
  if (outcome !== 'rolled-back' || hold !== undefined) return
  rememberBad(store, image, unit, keyOf(tried), why, ts)
  for (const mate of mates) rememberBad(store, image, mate, tried.id, why, ts)
}

function rememberBad(
  store: Store,
  image: string,
  unit: string,
  imageId: string,
  why: string,
  nowMs: number,
): void {
  store
    .image(image)
    .run(
      'insert into bad_images (unit, image_id, ts, why) values (?, ?, ?, ?) on conflict do update set ts = excluded.ts',
      [unit, imageId, nowMs, why],
    )
}

function forgetBad(store: Store, image: string, unit: string, imageId: string): void {
  store.image(image).run('delete from bad_images where unit = ? and image_id = ?', [unit, imageId])
}

/** A person wants the unit to follow its tag again, whatever was tried before. */
export function forgetAllBad(store: Store, image: string, unit: string): void {
  store.image(image).run('delete from bad_images where unit = ?', [unit])
}

/** The image ids that are known to be bad for the unit, and why each is. */
export function badImages(store: Store, image: string, unit: string): ReadonlyMap<string, string> {
  const rows = store.image(image).all('select image_id, why from bad_images where unit = ?', [unit]) as Row[]
  return new Map(rows.map(row => [String(row['image_id']), String(row['why'])]))
}

export interface LastUpdate {
  readonly taskId: number
  readonly newId: string
}

/** The newest upgrade of the unit, where it ended well and is not older than `sinceMs`. */
export function lastUpdate(
  store: Store,
  image: string,
  unit: string,
  sinceMs: number,
): LastUpdate | undefined {
  const row = store.image(image).get(
    `select task_id, new_image_id, outcome from history where unit = ? and ts >= ?
         and outcome in ('updated', 'rolled-back') order by id desc limit 1`,
    [unit, sinceMs],
  ) as Row | null
  if (row?.['outcome'] !== 'updated') return undefined
  return { taskId: Number(row['task_id']), newId: String(row['new_image_id']) }
}

const MOST_GOOD = 5

/** The images that ran well in the unit, the newest first: what was upgraded to, and what was gone back to. */
export function goodImages(store: Store, image: string, unit: string): ImageState[] {
  const rows = store.image(image).all(
    `select case outcome when 'updated' then new_image_id else old_image_id end as id,
              case outcome when 'updated' then new_digest else old_digest end as digest
         from history where unit = ? and outcome in ('updated', 'rolled-back') order by history.id desc limit ?`,
    [unit, MOST_GOOD],
  ) as Row[]
  return rows.flatMap(({ id, digest }) =>
    id === null || id === undefined ? [] : [{ id: String(id), digest: String(digest ?? '') }],
  )
}
