// Pure: where a run begins. The first run of a task begins at the beginning; a run that resumes a killed one goes on with
// the step that was saved last:
//
//   saved            goes on with   because
//   nothing          look           nothing has been done
//   pull             look           pulling again is harmless, and what is pulled by now is what counts
//   restart, watch   watch          the unit may have been restarted: it must not run unwatched
//   rollback         rollback       the new image was bad; the reason was saved with the step
import type { Report } from '../store/report.js'

export type Start =
  | { readonly at: 'look' /** A run before this one may have pulled. */; readonly again: boolean }
  | { readonly at: 'watch' }
  | { readonly at: 'rollback'; readonly why: string }

/** `known` is what the run before found out and cannot be found out again. */
export function resumeFrom(saved: Report | undefined): { readonly start: Start; readonly known: Report } {
  const { step, why, old, local, hold, new: tried, dependents, mates } = saved ?? {}
  const known = {
    ...(old && { old }),
    ...(local && { local }),
    ...(dependents && { dependents }),
    ...(mates && { mates }),
  }
  if (step === 'rollback') {
    const start = { at: 'rollback', why: why ?? 'the rollback was interrupted' } as const
    return { start, known: { ...known, ...(hold && { hold }), ...(tried && { new: tried }) } }
  }
  if (step === 'restart' || step === 'watch') return { start: { at: 'watch' }, known }
  return { start: { at: 'look', again: step !== undefined }, known }
}
