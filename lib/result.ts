// Pure: a value, or everything that is wrong with what was asked: whoever gets a result has to look at both.

/** What is wrong with one field; a dotted path, or empty for the whole. */
export interface Problem {
  readonly field: string
  readonly message: string
}
export type Problems = readonly Problem[]

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: Problems }

export const valid = <T>(value: T): Result<T> => ({ ok: true, value })
export const invalid = (...problems: Problems): Result<never> => ({ ok: false, problems })

/** One problem, of the whole: its message stands by itself. */
export const no = (message: string): Result<never> => invalid({ field: '', message })

/** The problems without their fields, where the messages tell enough. */
export const asWhole = (problems: Problems): Result<never> =>
  invalid(...problems.map(({ message }) => ({ field: '', message })))

/** All problems as one sentence. */
export const describe = (problems: Problems): string =>
  problems.map(({ field, message }) => `${field} ${message}`.trim()).join('; ')
