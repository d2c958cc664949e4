/** Reads what addresses say behind their question mark: what is not of the expected kind is left out. Pure. */

/** The router keeps what it is not told of: what cannot be read is told of as undefined. */
export function strictly<Found extends object>(names: readonly string[], found: Found): Found {
  return { ...Object.fromEntries(names.map((name) => [name, undefined])), ...found }
}

/** Whether the page begins with the form for a new one. */
export function creating(search: Record<string, unknown>): { create?: string } {
  return search['create'] === 'new' ? { create: 'new' } : {}
}

/** Those of these that are texts. */
export function textsOf<Name extends string>(
  search: Record<string, unknown>,
  names: readonly Name[],
): { [Of in Name]?: string } {
  return pick(search, names, (value) => {
    // The router reads what looks like a number as one.
    const text = typeof value === 'number' ? String(value) : value
    return typeof text === 'string' && text !== '' ? text : undefined
  })
}

/** Those of these that are whole numbers. */
export function numbersOf<Name extends string>(
  search: Record<string, unknown>,
  names: readonly Name[],
): { [Of in Name]?: number } {
  return pick(search, names, (value) => (Number.isInteger(value) ? (value as number) : undefined))
}

function pick<Name extends string, Value>(
  search: Record<string, unknown>,
  names: readonly Name[],
  read: (value: unknown) => Value | undefined,
): { [Of in Name]?: Value } {
  const found = names.map((name) => [name, read(search[name])] as const)
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as { [Of in Name]?: Value }
}
