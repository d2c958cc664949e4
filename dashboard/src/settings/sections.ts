/** Settings as lines, by section. Pure. */

export interface Setting {
  /** Below its section. */
  readonly path: string
  /** As JSON. */
  readonly value: string
}

export interface Section {
  readonly name: string
  readonly settings: readonly Setting[]
}

/** The sections with settings whose path or value holds the text. */
export function sectionsOf(settings: Readonly<Record<string, unknown>>, text: string): Section[] {
  const wanted = text.trim().toLowerCase()
  return Object.entries(settings).flatMap(([name, value]) => {
    const found = linesOf(value, '').filter((line) =>
      `${name}.${line.path} ${line.value}`.toLowerCase().includes(wanted),
    )
    return found.length > 0 ? [{ name, settings: found }] : []
  })
}

/** Lists of plain values stay on their line. */
function linesOf(value: unknown, path: string): Setting[] {
  const isPlain = (thing: unknown) => typeof thing !== 'object' || thing === null
  if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) {
    return [{ path: path === '' ? '(itself)' : path, value: JSON.stringify(value) }]
  }
  const members = Object.entries(value as object)
  if (members.length === 0) return [{ path: path === '' ? '(itself)' : path, value: 'empty' }]
  return members.flatMap(([name, member]) => linesOf(member, path === '' ? name : `${path}.${name}`))
}
