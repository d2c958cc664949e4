/** The headers that belong to one connection, because its `connection` header names them (RFC 9110, 7.6.1). */

const none: ReadonlySet<string> = new Set()

/** In lower case; what one hop says of its own connection is not for the next. */
export function connectionNames(value: string | readonly string[] | undefined): ReadonlySet<string> {
  if (value === undefined || value === 'keep-alive' || value === 'close') return none
  return new Set(
    String(value)
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
}
