// What is remembered of one image, in its own file: the upgrades it went through.
import type { Report } from '../report.js'
import type { Row } from './database.js'
import type { Store } from './store.js'
import type { Outcome } from './tasks.js'

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

/** A new image that did not keep the unit running: not tried again for that unit until the tag moves, or by force. */
export function rememberBad(
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

export function forgetBad(store: Store, image: string, unit: string, imageId: string): void {
  store.image(image).run('delete from bad_images where unit = ? and image_id = ?', [unit, imageId])
}

/** The image ids that are known to be bad for the unit, and why each is. */
export function badImages(store: Store, image: string, unit: string): ReadonlyMap<string, string> {
  const rows = store.image(image).all('select image_id, why from bad_images where unit = ?', [unit]) as Row[]
  return new Map(rows.map(row => [String(row['image_id']), String(row['why'])]))
}
