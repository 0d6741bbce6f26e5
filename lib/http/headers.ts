// Pure: request headers, every occurrence kept, so that a header that is sent twice is never read as one.

/** Values by lower-case name: `a: 1, a: 2` is ['1', '2'], never '1, 2'. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>

/** The only value of a header, or undefined where it is absent or was sent twice. */
export function singleHeader(headers: Headers, name: string): string | undefined {
  const values = headers[name]
  return values?.length === 1 ? values[0] : undefined
}
